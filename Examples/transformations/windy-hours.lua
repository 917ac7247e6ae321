-- A filter: keeps the hours in which it blew at least as hard as the caller asks, and names the wind.
--   demarc run windy-hours.lua --in weather --out windy --param least=7
transform {
  description = "hours with strong wind, on the Beaufort scale",
  input = table_in {
    columns = { origin = "string", wind_speed = "float", wind_gust = "float" },
    missing = "NA",
  },
  output = table_out {
    add = { { "beaufort", "int" }, { "wind", "string" } },
    drop = { "temp", "dewp", "humid", "precip", "pressure", "visib" },
  },
  params = {
    least = { "int", default = 6, help = "the least force, 0 to 12" },
    airport = { "string", default = "", help = "one station, or empty for all" },
  },
}

-- The highest speed of each force in miles per hour, and its name.
local scale = {
  { 1, "calm" }, { 3, "light air" }, { 7, "light breeze" }, { 12, "gentle breeze" }, { 18, "moderate breeze" },
  { 24, "fresh breeze" }, { 31, "strong breeze" }, { 38, "near gale" }, { 46, "gale" }, { 54, "strong gale" },
  { 63, "storm" }, { 72, "violent storm" }, { math.huge, "hurricane" },
}

local function beaufort(speed)
  for index, step in ipairs(scale) do
    if speed <= step[1] then return index - 1, step[2] end
  end
end

function row(r)
  if params.airport ~= "" and r.origin ~= params.airport then return nil end
  if not r.wind_speed then
    counter("hours without a reading")
    return nil
  end
  r.beaufort, r.wind = beaufort(r.wind_speed)
  if r.beaufort < params.least then return nil end
  return r
end
