-- What the temperature feels like: the heat index of the US National Weather Service (Rothfusz, 1990), for hours that
-- are warm enough for it to mean something. The output has its own columns only.
transform {
  description = "felt temperature in warm hours",
  input = table_in {
    columns = { temp = "float", humid = "float" },
    missing = "NA",
  },
  output = table_out {
    -- origin and time_hour are not declared above: they pass through as they are.
    columns = {
      { "origin", "string" },
      { "time_hour", "string" },
      { "temp", "float" },
      { "humid", "float" },
      { "heat_index", "float" },
      { "advice", "string" },
    },
  },
}

local function heat_index(t, h)
  return -42.379 + 2.04901523 * t + 10.14333127 * h - 0.22475541 * t * h - 0.00683783 * t * t
    - 0.05481717 * h * h + 0.00122874 * t * t * h + 0.00085282 * t * h * h - 0.00000199 * t * t * h * h
end

local function advice(index)
  if index >= 103 then return "danger" end
  if index >= 90 then return "extreme caution" end
  return "caution"
end

function row(r)
  if not r.temp or not r.humid or r.temp < 80 or r.humid < 40 then return nil end
  r.heat_index = math.floor(heat_index(r.temp, r.humid) * 10 + 0.5) / 10
  r.advice = advice(r.heat_index)
  return r
end
