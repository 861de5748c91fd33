--- differences.lua: where two values differ, for people: a line for each place, not two whole dumps.
--
-- Tables, and the lists and maps of a state, are looked into; all else is compared by `==`. May use: kinds, native.

local kinds = require "tidelock.kinds"
local native = require "tidelock.native"

local differences = {}

local MOST <const> = 12 -- lines
local LONGEST <const> = 60 -- of a text, or what a table is shown as
local DEEPEST <const> = 100 -- of a path
local BEFORE <const> = 15 -- of a long text, before the first letter that differs

local function unwrap(v) return native.is_proxy(v) and native.copy(v) or v end

---Whether it is looked into.
---@return boolean
function differences.is_container(v)
  return native.is_proxy(v) or type(v) == "table" and v ~= native.null and kinds.of(v) == nil
end
local is_container = differences.is_container

local RANK <const> = { number = 1, boolean = 2, string = 3 }

local function precedes(a, b)
  local kind, other = type(a), type(b)
  if kind ~= other then return (RANK[kind] or 4) < (RANK[other] or 4) end
  if kind == "number" or kind == "string" then return a < b end
  return tostring(a) < tostring(b)
end

local function sorted_keys(t, also)
  local keys = {}
  for key in next, t do keys[#keys + 1] = key end
  for key in next, also or {} do
    if rawget(t, key) == nil then keys[#keys + 1] = key end
  end
  table.sort(keys, precedes)
  return keys
end

-- Showing ---------------------------------------------------------------------------------------

local function quoted(text)
  return (("%q"):format(text):gsub("\\\n", "\\n"):gsub("\\9", "\\t"):gsub("\\13", "\\r"))
end

-- The parts of UTF-8 letters stay together.
local function cut(text, from, to)
  while from > 1 and (text:byte(from) or 0) & 0xC0 == 0x80 do from = from - 1 end
  while to < #text and (text:byte(to + 1) or 0) & 0xC0 == 0x80 do to = to + 1 end
  return text:sub(from, to)
end

local function shown_text(text, at)
  if #text <= LONGEST then return quoted(text) end
  local from = math.max(1, at - BEFORE)
  local to = math.min(#text, from + LONGEST - 1)
  return ("%s%s%s (%d bytes)"):format(from > 1 and "..." or "", quoted(cut(text, from, to)), to < #text and "..." or "", #text)
end

local function key_as_field(key)
  if type(key) == "string" and key:find "^[%a_][%w_]*$" then return key end
  return ("[%s]"):format(type(key) == "string" and quoted(key) or tostring(key))
end

local shown

local function shown_table(t, room, depth)
  local parts, n, used = {}, #t, 0
  for _, key in ipairs(sorted_keys(t)) do
    local text = shown(rawget(t, key), 1, depth + 1)
    if not (math.type(key) == "integer" and key >= 1 and key <= n) then text = key_as_field(key) .. " = " .. text end
    used = used + #text + 2
    if used > room or depth > 3 then
      parts[#parts + 1] = "..."
      break
    end
    parts[#parts + 1] = text
  end
  return #parts == 0 and "{}" or "{ " .. table.concat(parts, ", ") .. " }"
end

function shown(v, at, depth)
  if v == nil then return "nothing" end
  if v == native.null then return "null" end
  if type(v) == "string" then return shown_text(v, at) end
  if is_container(v) then return shown_table(unwrap(v), LONGEST, depth) end
  if math.type(v) == "float" and tonumber(tostring(v)) ~= v and v == v then return ("%.17g"):format(v) end
  return kinds.of(v) and kinds.describe(v) or tostring(v)
end

---Whether it is a text that is better told by where it differs.
---@return boolean
function differences.is_long(v) return type(v) == "string" and #v > 400 end

---A value on one line, shortened where it is long.
---@return string
function differences.shown(v) return shown(v, 1, 1) end

-- Comparing -------------------------------------------------------------------------------------

local function first_difference(a, b)
  local n = math.min(#a, #b)
  for i = 1, n do
    if a:byte(i) ~= b:byte(i) then return i end
  end
  return n + 1
end

local function add(found, path, actual, expected)
  found.n = found.n + 1
  if #found >= MOST then return end
  local at = 1
  if type(actual) == "string" and type(expected) == "string" then at = first_difference(actual, expected) end
  if #path > DEEPEST then path = "..." .. cut(path, #path - DEEPEST + 1, #path) end
  found[#found + 1] = ("%s: %s, expected %s"):format(path == "" and "the value" or path, shown(actual, at, 1), shown(expected, at, 1))
end

-- As luassert has it: tables with one and the same __eq say themselves whether they are equal.
local function says_itself(a, b)
  local meta = debug.getmetatable(a)
  return type(meta) == "table" and meta == debug.getmetatable(b) and rawget(meta, "__eq") ~= nil
end

local compare

-- What was seen on the way here is not asked: a pair that is looked at again is told where it differs.
local function equal(a, b)
  local found = { n = 0 }
  compare(found, "an element", a, b, {})
  return found.n == 0
end

local function is_list(t)
  local n = 0
  for _ in next, t do n = n + 1 end
  return n == #t
end

-- Lists of different lengths, one of which is the other but for elements that stand together: those alone are told. Whether it is so.
local function compare_as_one_gap(found, path, actual, expected)
  local n, m = #actual, #expected
  local head, tail = 0, 0
  while head < math.min(n, m) and equal(actual[head + 1], expected[head + 1]) do head = head + 1 end
  while tail < math.min(n, m) - head and equal(actual[n - tail], expected[m - tail]) do tail = tail + 1 end
  if head + tail ~= math.min(n, m) then return false end
  for i = head + 1, math.max(n, m) - tail do
    add(found, ("%s[%d]"):format(path, i), actual[n > m and i or n + 1], expected[m > n and i or m + 1])
  end
  return true
end

local function step(path, key)
  local field = key_as_field(key)
  if field:sub(1, 1) == "[" then return path .. field end
  return path == "" and field or path .. "." .. field
end

local function compare_containers(found, path, actual, expected, seen)
  seen[actual] = seen[actual] or {}
  if seen[actual][expected] then return end
  seen[actual][expected] = true
  if #actual ~= #expected and is_list(actual) and is_list(expected) and compare_as_one_gap(found, path, actual, expected) then return end
  for _, key in ipairs(sorted_keys(expected, actual)) do
    compare(found, step(path, key), rawget(actual, key), rawget(expected, key), seen)
  end
end

function compare(found, path, actual, expected, seen)
  actual, expected = unwrap(actual), unwrap(expected)
  if rawequal(actual, expected) then return end
  if not (is_container(actual) and is_container(expected)) then
    if actual ~= expected then add(found, path, actual, expected) end
  elseif path ~= "" and says_itself(actual, expected) then
    if actual ~= expected then add(found, path, actual, expected) end
  else
    compare_containers(found, path, actual, expected, seen)
  end
end

---The places in which they differ, as lines; nil where there are none.
---@param actual any
---@param expected any
---@return string|nil
function differences.between(actual, expected)
  local found = { n = 0 }
  compare(found, "", actual, expected, {})
  if found.n == 0 then return nil end
  if found.n > #found then found[#found + 1] = ("and %d more"):format(found.n - #found) end
  return "  " .. table.concat(found, "\n  ")
end

return differences
