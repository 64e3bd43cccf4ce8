startTable();
startSorting();
startTakeOut();
{
  const data = document.getElementById("data").textContent;
  if (document.getElementById("canvas")) startMap(JSON.parse(data));
}
