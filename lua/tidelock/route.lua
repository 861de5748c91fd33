--- route.lua: routes of pages: `/about`, `/post/[id]`, `/docs/[[...rest]]`.
--
-- A route's segments are compared one by one; a fixed one goes before `[id]`, that before
-- `[...rest]`, that before `[[...rest]]`. Pure. May use: native.

local native = require "tidelock.native"

local route = {}

local FIXED, ONE, REST, OPTIONAL = 1, 2, 3, 4

local function parse_segment(text)
  local name = text:match "^%[%[%.%.%.([%a_][%w_]*)%]%]$"
  if name then return { kind = OPTIONAL, name = name } end
  name = text:match "^%[%.%.%.([%a_][%w_]*)%]$"
  if name then return { kind = REST, name = name } end
  name = text:match "^%[([%a_][%w_]*)%]$"
  if name then return { kind = ONE, name = name } end
  if text:find "[%[%]]" then return nil, ("%q is no segment: write [name], [...name] or [[...name]]"):format(text) end
  return { kind = FIXED, text = text }
end

local function split(path)
  local out = {}
  for segment in path:gmatch "[^/]+" do out[#out + 1] = segment end
  return out
end

local function check_segments(segments)
  local seen = {}
  for i, segment in ipairs(segments) do
    if segment.name and seen[segment.name] then return ("[%s] stands twice"):format(segment.name) end
    if segment.name then seen[segment.name] = true end
    if segment.kind >= REST and i < #segments then return "[...rest] is the last segment" end
  end
end

---@class tl.Route
---@field text string
---@field segments { kind: integer, name: string|nil, text: string|nil }[]

---@param text string "/post/[id]", or "404"
---@return tl.Route|nil
---@return string|nil err
function route.parse(text)
  if text == "404" then return { text = text, segments = {} } end
  if text:sub(1, 1) ~= "/" then return nil, "a route begins with / (or is \"404\")" end
  if text:find "[?#]" then return nil, "a route has no query and no fragment" end
  if text:find "//" then return nil, "a route has no empty segment" end
  local segments = {}
  for i, part in ipairs(split(text)) do
    local segment, err = parse_segment(part)
    if not segment then return nil, err end
    segments[i] = segment
  end
  local err = check_segments(segments)
  if err then return nil, err end
  return { text = text, segments = segments }
end

---Two routes with the same shape match the same paths.
---@return string
function route.shape(parsed)
  local out = {}
  for i, segment in ipairs(parsed.segments) do
    out[i] = segment.kind == FIXED and "=" .. segment.text or "[" .. segment.kind .. "]"
  end
  return parsed.text == "404" and "404" or "/" .. table.concat(out, "/")
end

---Whether `a` is asked before `b`.
function route.precedes(a, b)
  for i = 1, math.max(#a.segments, #b.segments) do
    local x, y = a.segments[i], b.segments[i]
    if not x or not y then return x == nil end
    if x.kind ~= y.kind then return x.kind < y.kind end
  end
  return route.shape(a) < route.shape(b)
end

---The parts of a path, without query and fragment, unescaped.
---@param path string
---@return string[]
function route.segments(path)
  local parts = split(path:gsub("[?#].*$", ""))
  for i, part in ipairs(parts) do parts[i] = native.percent_decode(part) end
  return parts
end

---@param parsed tl.Route
---@param parts string[] as `route.segments` gives them
---@return table<string, string|string[]>|nil params nil: no match; the rest is a list
function route.match(parsed, parts)
  local params = {}
  for i, segment in ipairs(parsed.segments) do
    if segment.kind >= REST then
      if segment.kind == REST and #parts < i then return nil end
      params[segment.name] = table.move(parts, i, #parts, 1, {})
      return params
    end
    if not parts[i] or segment.kind == FIXED and segment.text ~= parts[i] then return nil end
    if segment.name then params[segment.name] = parts[i] end
  end
  return #parts == #parsed.segments and params or nil
end

return route
