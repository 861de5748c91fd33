--- values.lua: what the values of a page mean: truth, equality, text, numbers.
--
-- Values are plain Lua: lists and maps are tables, a null inside a container is native.null. The
-- rules are those of docs/ui-tree.md, and of client/src/values.js: numbers count as the browser's
-- do (floats that are whole are integers). May use: native.null, native.kind.

local native = require "tidelock.native"

local values = {}

local null = native.null

---Integers beyond this are floats in every browser.
local EXACT <const> = 2.0 ^ 53

---@return boolean
function values.is_nil(v) return v == nil or v == null end

---@return boolean
function values.is_true(v) return v ~= nil and v ~= null and v ~= false end

---"list" or "map" for a container, nil for others.
---@return "list"|"map"|nil
function values.kind(v)
  if type(v) ~= "table" or v == null then return nil end
  if next(v) == nil then return native.kind(v) or "list" end
  return rawget(v, 1) ~= nil and "list" or "map"
end

---A number as a page has it: an integer where it is whole and exact, nil where it is not finite.
---@param n number
---@return number|nil
function values.normal(n)
  if n ~= n or n == math.huge or n == -math.huge then return nil end
  if n >= -EXACT and n <= EXACT then return math.tointeger(n) or n end
  return n + 0.0
end

local function decimal(text)
  if not (text:match "^%d+%.?%d*$" or text:match "^%.%d+$"
      or text:match "^%d+%.?%d*[eE][-+]?%d+$" or text:match "^%.%d+[eE][-+]?%d+$") then
    return nil
  end
  return tonumber(text) + 0.0
end

local function hexadecimal(text)
  local digits = text:match "^0[xX](%x+)$"
  if not digits then return nil end
  local first, rest = digits:match("^0*(.*)$"):match "^(%x?%x?%x?%x?%x?%x?%x?%x?%x?%x?%x?%x?%x?%x?%x?)(.*)$"
  if first == "" then return 0.0 end
  local n = tonumber(first, 16) -- 57 bits at least when there is a rest: more than a float keeps, so it is rounded once, below
  if rest:find "[^0]" then n = n | 1 end
  return n * 16.0 ^ #rest
end

---The number that a value counts as; nil when it is none. A string that reads as a numeral counts.
---@return number|nil
function values.to_number(v)
  if type(v) == "number" then return values.normal(v) end
  if type(v) ~= "string" then return nil end
  local sign, text = v:match "^[ \t\n\v\f\r]*([-+]?)([%x.xX+-]+)[ \t\n\v\f\r]*$"
  local n = text and (decimal(text) or hexadecimal(text))
  if not n then return nil end
  return values.normal(sign == "-" and -n or n)
end

---Adds one to a string of decimal digits, which may become longer by one.
---@param digits string
---@return string
function values.increment(digits)
  local head, nines = digits:match "^(.-)(9*)$"
  local zeros = ("0"):rep(#nines)
  if head == "" then return "1" .. zeros end
  return head:sub(1, -2) .. string.char(head:byte(-1) + 1) .. zeros
end

-- Shortest digits and exponent of a positive finite float: 0.d1d2d3... times ten to the exponent. Next to a power of two the
-- float above is further away than the one below, so that digits may tell it from both though nearer ones do not.
local function shortest(n)
  for precision = 0, 16 do
    local int, fraction, exponent = ("%%.%de"):format(precision):format(n):match "^(%d)%.?(%d*)e([-+]%d+)$"
    local nearest = int .. fraction
    for _, digits in ipairs { nearest, values.increment(nearest) } do
      if #digits == #nearest and tonumber(("0.%se%d"):format(digits, exponent + 1)) == n then return digits:gsub("(%d)0+$", "%1"), tonumber(exponent) + 1 end
    end
  end
end

---The digits of a float without an exponent: the part before the point and the part after it.
---@param n number positive
---@return string whole
---@return string fraction may be empty
function values.digits(n)
  if math.type(n) == "integer" then return ("%d"):format(n), "" end
  local digits, point = shortest(n)
  if point <= 0 then return "0", ("0"):rep(-point) .. digits end
  if #digits <= point then return digits .. ("0"):rep(point - #digits), "" end
  return digits:sub(1, point), digits:sub(point + 1)
end

-- As browsers write it: with an exponent below 1e-6 and from 1e21.
local function shown_float(n)
  if n == 0 then return "0" end
  local sign, size = n < 0 and "-" or "", math.abs(n)
  if size >= 1e-6 and size < 1e21 then
    local whole, fraction = values.digits(size)
    return sign .. whole .. (fraction ~= "" and "." .. fraction or "")
  end
  local digits, point = shortest(size)
  local mantissa = #digits > 1 and digits:sub(1, 1) .. "." .. digits:sub(2) or digits
  return ("%s%se%+d"):format(sign, mantissa, point - 1)
end

---What a value shows: nil, lists and maps show nothing.
---@return string
function values.shown(v)
  if type(v) == "string" then return v end
  if math.type(v) == "integer" then return ("%d"):format(v) end
  if type(v) == "number" then return values.normal(v) and shown_float(v) or "" end
  if type(v) == "boolean" then return tostring(v) end
  return ""
end

local function count(map)
  local n = 0
  for _ in pairs(map) do n = n + 1 end
  return n
end
values.count = count

local function equal_tables(a, b)
  if values.kind(a) ~= values.kind(b) or count(a) ~= count(b) then return false end
  for key, v in pairs(a) do
    local other = rawget(b, key)
    if other == nil or not values.equal(v, other) then return false end
  end
  return true
end

---Equality by value, deep; 5 equals 5.0, "5" does not equal 5.
---@return boolean
function values.equal(a, b)
  if values.is_nil(a) or values.is_nil(b) then return values.is_nil(a) and values.is_nil(b) end
  if type(a) == "table" and type(b) == "table" then return equal_tables(a, b) end
  return a == b
end

local function known(v)
  if v == null then return nil end
  return v
end

---The key of a map that a value names: a string itself, an integer that a browser keeps in decimal.
---@return string|nil
function values.map_key(v)
  if type(v) == "string" then return v end
  local integer = type(v) == "number" and math.tointeger(v)
  return integer and integer > -EXACT and integer < EXACT and ("%d"):format(integer) or nil
end

---One step of a path: a list's position from 1, or a map's key (an integer in decimal).
function values.step(container, key)
  local kind = values.kind(container)
  if kind == "list" then
    if type(key) ~= "number" then return nil end
    return known(container[key])
  end
  key = kind == "map" and values.map_key(key) or nil
  return key and known(container[key])
end

---@param path any[]
function values.walk(v, path)
  for _, key in ipairs(path) do v = values.step(v, key) end
  return known(v)
end

---A map's keys in byte order.
---@return string[]
function values.sorted_keys(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

return values
