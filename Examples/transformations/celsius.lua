-- Unit conversion: the weather stations report Fahrenheit, miles per hour and inches; this adds metric columns.
-- All other columns pass through byte for byte. "NA" cells stay "NA", and what would be computed from them is empty.
transform {
  description = "adds metric columns to the weather records",
  input = table_in {
    columns = { temp = "float", wind_speed = "float", precip = "float" },
    missing = "NA",
  },
  output = table_out {
    add = {
      { "celsius", "float" },
      { "wind_kmh", "float" },
      { "precip_mm", "float" },
    },
  },
  params = { digits = { "int", default = 1, help = "digits behind the decimal point" } },
}

local scale = 10.0 ^ params.digits

local function round(value)
  return math.floor(value * scale + 0.5) / scale
end

function row(r)
  if r.temp then r.celsius = round((r.temp - 32) * 5 / 9) end
  if r.wind_speed then r.wind_kmh = round(r.wind_speed * 1.609344) end
  if r.precip then r.precip_mm = round(r.precip * 25.4) end
  return r
end
