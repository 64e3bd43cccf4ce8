"""The page of review and annotation: a small server on this machine, over `dialin.review`."""
