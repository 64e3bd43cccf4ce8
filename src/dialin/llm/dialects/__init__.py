"""The protocols of LLM servers: each writes requests and reads answers, and sends nothing itself."""
