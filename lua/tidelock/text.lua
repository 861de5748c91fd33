--- text.lua: `tl.lower` and `tl.upper`, for handlers what `:lower()` and `:upper()` of a Var are in a page.
--
-- `string.lower` of Lua knows ASCII alone. The tables of all the others are loaded when a text first needs them. May use: kinds, native,
-- unicode.

local kinds = require "tidelock.kinds"
local native = require "tidelock.native"

local text = {}

local function cased(name)
  local of_ascii = string[name]
  text[name] = function(s)
    if type(s) ~= "string" then native.raise("TypeError", ("tl.%s: a string, got %s"):format(name, kinds.describe(s))) end
    if not s:find "[\128-\255]" then return of_ascii(s) end
    if not utf8.len(s) then native.raise("TypeError", ("tl.%s: the text is no UTF-8"):format(name)) end
    return require("tidelock.unicode")[name](s)
  end
end

---@type fun(s: string): string s is UTF-8; raises TypeError
cased "lower"
---@type fun(s: string): string s is UTF-8; raises TypeError
cased "upper"

return text
