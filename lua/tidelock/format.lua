--- format.lua: the page's `format` operation: %s %d %f %.Nf %x %%.
--
-- Rounding works on the decimal digits that a reader sees, so that 1.005 with two places is 1.01
-- although the float is a little below it. The twin of client/src/format.js. May use: values.

local values = require "tidelock.values"

local function fixed(n, places)
  local whole, fraction = values.digits(math.abs(n))
  fraction = fraction .. ("0"):rep(places + 1 - #fraction)
  local digits = whole .. fraction:sub(1, places)
  if fraction:sub(places + 1, places + 1) >= "5" then digits = values.increment(digits) end
  local cut = #digits - places
  local sign = n < 0 and "-" or ""
  return sign .. digits:sub(1, cut) .. (places > 0 and "." .. digits:sub(cut + 1) or "")
end

local function whole(n)
  local text = fixed(n, 0)
  return text == "-0" and "0" or text
end

-- A negative integer shows as 64 bits, as it does in Lua.
local function hexadecimal(n)
  if math.type(n) == "float" and n ~= math.floor(n) then return "" end
  local integer = math.tointeger(n)
  if integer then return ("%x"):format(integer) end
  local rest = math.fmod(n, 2.0 ^ 64)
  if rest < 0 then rest = rest + 2.0 ^ 64 end
  local high = rest // 2.0 ^ 32
  return ((("%x%08x"):format(math.tointeger(high), math.tointeger(rest - high * 2.0 ^ 32))):gsub("^0+(.)", "%1"))
end

local writers = {
  d = whole,
  x = hexadecimal,
  f = function(n, places) return fixed(n, places or 6) end,
}

---@param fmt any what it shows is the format
---@param args table list part: the values; missing ones show nothing
---@return string
return function(fmt, args)
  local at = 0
  local function write(spec, places)
    if spec == "%" then return "%" end
    at = at + 1
    if spec == "s" then return values.shown(args[at]) end
    local n = values.to_number(args[at])
    return n and writers[spec](n, places) or ""
  end
  local out, from = {}, 1
  local text = values.shown(fmt)
  while true do
    local first, last, places, spec = text:find("%%(%.?%d*)([%%sdxf])", from)
    if not first then break end
    local plain = places == "" or (spec == "f" and places:match "^%.%d%d?$")
    out[#out + 1] = text:sub(from, first - 1)
    if plain then
      out[#out + 1] = write(spec, tonumber(places:sub(2)))
    else
      last = first
      out[#out + 1] = "%"
    end
    from = last + 1
  end
  return table.concat(out) .. text:sub(from)
end
