-- Hours of strong wind, with the speed in knots as pilots use it.
transform {
  input  = table_in { columns = { wind_speed = "float" }, missing = { "NA" } },
  output = table_out { add = { wind_knots = "float" } },
  params = { knots = { "float", default = 25.0, help = "least wind speed that is kept" } },
}

function row(r)
  if r.wind_speed == nil then return nil end
  r.wind_knots = r.wind_speed * 0.868976
  if r.wind_knots < params.knots then return nil end
  return r
end
