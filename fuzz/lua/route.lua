-- route.lua: the input is lines: routes, an empty line, paths. Parsing takes or refuses, and says why; the order of routes is
-- an order; a match puts all of the path into its places and agrees with a matcher that is as simple as can be.
local route = require "tidelock.route"

local ROUTES <const>, PATHS <const> = 8, 12

local function holds(good, fmt, ...)
  if not good then error(fmt:format(...), 2) end
end

local function split_input(input)
  local routes, paths = {}, {}
  local into = routes
  for line in (input .. "\n"):gmatch "([^\n]*)\n" do
    if line == "" then into = paths
    elseif #into < (into == routes and ROUTES or PATHS) then into[#into + 1] = line end
  end
  return routes, paths
end

local function parse_all(texts)
  local out = {}
  for _, text in ipairs(texts) do
    local parsed, err = route.parse(text)
    holds(parsed or type(err) == "string", "%q: neither a route nor a reason", text)
    if parsed then
      holds(parsed.text == text, "%q became %q", text, parsed.text)
      out[#out + 1] = parsed
    end
  end
  return out
end

local function check_order(routes)
  for _, a in ipairs(routes) do
    holds(not route.precedes(a, a), "%q is before itself", a.text)
    for _, b in ipairs(routes) do
      local before, behind = route.precedes(a, b), route.precedes(b, a)
      holds(not (before and behind), "%q and %q are before each other", a.text, b.text)
      holds(before or behind or route.shape(a) == route.shape(b), "%q and %q have no order", a.text, b.text)
      for _, c in ipairs(routes) do
        holds(not (before and route.precedes(b, c)) or route.precedes(a, c), "%q, %q, %q are no order", a.text, b.text, c.text)
      end
    end
  end
end

-- Does it match? Place by place, from the text of the route.
local function simply(text, parts)
  if text == "404" then return #parts == 0 end
  local i = 0
  for segment in text:gmatch "[^/]+" do
    i = i + 1
    if segment:sub(1, 5) == "[[..." then return true end
    if segment:sub(1, 4) == "[..." then return #parts >= i end
    if not parts[i] or (segment:sub(1, 1) ~= "[" and segment ~= parts[i]) then return false end
  end
  return #parts == i
end

local function filled_in(parsed, params)
  local out = {}
  for _, segment in ipairs(parsed.segments) do
    local v = segment.name and params[segment.name] or segment.text
    if type(v) == "table" then table.move(v, 1, #v, #out + 1, out) else out[#out + 1] = v end
  end
  return out
end

local function check_match(parsed, path)
  local parts = route.segments(path)
  local params = route.match(parsed, parts)
  holds((params ~= nil) == simply(parsed.text, parts), "%q matches %q: %s", parsed.text, path, tostring(params ~= nil))
  if not params then return end
  local again = filled_in(parsed, params)
  holds(table.concat(again, "\0") == table.concat(parts, "\0") and #again == #parts, "%q loses parts of %q", parsed.text, path)
end

return function(input)
  local texts, paths = split_input(input)
  local routes = parse_all(texts)
  check_order(routes)
  for _, parsed in ipairs(routes) do
    for _, path in ipairs(paths) do check_match(parsed, path) end
  end
end
