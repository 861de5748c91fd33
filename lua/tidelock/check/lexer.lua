--- lexer.lua: cuts Lua 5.4 source text into tokens. Uses nothing.
--
-- A token's kind is "name", "string", "number", "<eof>", or its own text: "while", "..=", "==". A column counts bytes, from 1.

local lexer = {}

---@class check.Token
---@field kind string
---@field value string|number|nil of a name, a string (its escapes read), a number
---@field line integer
---@field col integer

---Raises what is wrong with the source: a table that says where.
---@param at { line: integer, col: integer }
function lexer.fail(at, message, ...)
  error({ syntax = message:format(...), line = at.line, col = at.col }, 0)
end

local keywords = {}
for word in ("and break do else elseif end false for function goto if in local nil not or repeat return then true until while"):gmatch "%a+" do
  keywords[word] = true
end

local operators = {}
for text in ("... << >> // == ~= <= >= :: .. + - * / % ^ # & ~ | < > = ( ) { } [ ] ; : , ."):gmatch "%S+" do operators[text] = true end

local Lexer = {}
Lexer.__index = Lexer

-- Where the byte at `pos` is. Lines are counted as the text is gone through, so `pos` is never before the line at hand.
function Lexer:place(pos)
  return { line = self.line, col = pos - self.line_start + 1 }
end

function Lexer:find_break(from)
  self.next_break = self.text:find("[\r\n]", from) or math.huge
end

-- Where the text goes on behind the line break at `at`: \n, \r, \r\n and \n\r are one each.
function Lexer:behind_break(at)
  local two = self.text:sub(at, at + 1)
  return at + ((two == "\r\n" or two == "\n\r") and 2 or 1)
end

-- Goes to `pos`, and counts the line breaks on the way.
function Lexer:go(pos)
  while self.next_break < pos do
    self.line, self.line_start = self.line + 1, self:behind_break(self.next_break)
    self:find_break(self.line_start)
  end
  self.pos = pos
end

-- The text of a long bracket that begins at self.pos, or nil when there is none.
function Lexer:long_bracket(what)
  local level = self.text:match("^%[(=*)%[", self.pos)
  if not level then return nil end
  local from = self.pos + #level + 2
  local close = "]" .. level .. "]"
  local found = self.text:find(close, from, true)
  if not found then lexer.fail(self:place(self.pos), "this %s has no end: `%s` is missing", what, close) end
  local content = self.text:sub(from, found - 1)
  self:go(found + #close)
  return (content:gsub("\r\n?", "\n"):gsub("^\n", ""))
end

function Lexer:skip_blanks()
  while true do
    self:go(self.text:find("[^ \t\v\f\r\n]", self.pos) or #self.text + 1)
    if self.text:sub(self.pos, self.pos + 1) ~= "--" then return end
    self:go(self.pos + 2)
    if not self:long_bracket "comment" then self:go(self.text:find("[\r\n]", self.pos) or #self.text + 1) end
  end
end

-- Strings ---------------------------------------------------------------------------------------

local simple = { a = "\a", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", v = "\v", ["\\"] = "\\", ['"'] = '"', ["'"] = "'" }

-- Each reads the escape whose letter is at `at`; gives the text and where to go on.
local escapes = {}

function escapes.x(self, at)
  local digits = self.text:match("^%x%x", at + 1)
  if not digits then lexer.fail(self:place(at - 1), "`\\x` takes two hexadecimal digits") end
  return string.char(tonumber(digits, 16)), at + 3
end

function escapes.u(self, at)
  local digits = self.text:match("^{(%x+)}", at + 1)
  local code = digits and #digits <= 9 and tonumber(digits, 16)
  if not code or code > 0x7fffffff then lexer.fail(self:place(at - 1), "`\\u{...}` takes a hexadecimal number below 80000000") end
  return utf8.char(code), at + 3 + #digits
end

function escapes.z(self, at)
  local to = self.text:find("[^ \t\v\f\r\n]", at + 1) or #self.text + 1
  self:go(to)
  return "", to
end

local function decimal_escape(self, at)
  local digits = self.text:match("^%d%d?%d?", at)
  if tonumber(digits) > 255 then lexer.fail(self:place(at - 1), "`\\%s` is no byte: it is above 255", digits) end
  return string.char(tonumber(digits)), at + #digits
end

local function line_escape(self, at)
  local to = self:behind_break(at)
  self:go(to)
  return "\n", to
end

function Lexer:escape(at)
  local letter = self.text:sub(at, at)
  if simple[letter] then return simple[letter], at + 1 end
  if escapes[letter] then return escapes[letter](self, at) end
  if letter:find "%d" then return decimal_escape(self, at) end
  if letter == "\n" or letter == "\r" then return line_escape(self, at) end
  lexer.fail(self:place(at - 1), "`\\%s` is no escape of a string", letter)
end

function Lexer:quoted()
  local begin, quote = self:place(self.pos), self.text:sub(self.pos, self.pos)
  local out, at = {}, self.pos + 1
  while true do
    local found = self.text:find("[\\\r\n" .. quote .. "]", at)
    local byte = found and self.text:sub(found, found)
    if not found or byte == "\n" or byte == "\r" then lexer.fail(begin, "this string has no end: `%s` is missing", quote) end
    out[#out + 1] = self.text:sub(at, found - 1)
    if byte == quote then
      self:go(found + 1)
      return table.concat(out)
    end
    out[#out + 1], at = self:escape(found + 1)
  end
end

-- Numbers ---------------------------------------------------------------------------------------

-- As Lua does: takes all that could belong to a number, then looks whether it is one.
function Lexer:number()
  local text, at = self.text, self.pos
  local exponent = "^[eE][+-]?"
  if text:find("^0[xX]", at) then
    exponent = "^[pP][+-]?"
    at = at + 2
  end
  while true do
    local _, to = text:find(exponent, at)
    if not to then _, to = text:find("^[%x.]", at) end
    if not to then break end
    at = to + 1
  end
  if text:find("^[%a_]", at) then at = at + 1 end
  local digits = text:sub(self.pos, at - 1)
  local value = tonumber(digits)
  if not value then lexer.fail(self:place(self.pos), "`%s` is no number", digits) end
  self:go(at)
  return value
end

-- Tokens ----------------------------------------------------------------------------------------

function Lexer:operator()
  for length = 3, 1, -1 do -- the longest that there is
    local text = self.text:sub(self.pos, self.pos + length - 1)
    if operators[text] then
      self:go(self.pos + #text)
      return text
    end
  end
  lexer.fail(self:place(self.pos), "%q means nothing in Lua", self.text:sub(self.pos, self.pos))
end

-- The kind and the value of the token at self.pos.
function Lexer:take()
  local text, pos = self.text, self.pos
  if pos > #text then return "<eof>" end
  local word = text:match("^[%a_][%w_]*", pos)
  if word then
    self:go(pos + #word)
    if keywords[word] then return word end
    return "name", word
  end
  if text:find("^%.?%d", pos) then return "number", self:number() end
  if text:find("^[\"']", pos) then return "string", self:quoted() end
  local long = self:long_bracket "string"
  if long then return "string", long end
  return self:operator()
end

---The tokens of a source, the last one is "<eof>". Raises a table { syntax = what is wrong, line =, col = }.
---@param text string
---@return check.Token[]
function lexer.tokens(text)
  local self = setmetatable({ text = text, pos = 1, line = 1, line_start = 1 }, Lexer)
  self:find_break(1)
  if text:sub(1, 3) == "\xef\xbb\xbf" then self:go(4) end
  if text:sub(self.pos, self.pos) == "#" then self:go(text:find("[\r\n]", self.pos) or #text + 1) end
  local out = {}
  repeat
    self:skip_blanks()
    local token = self:place(self.pos)
    token.kind, token.value = self:take()
    out[#out + 1] = token
  until token.kind == "<eof>"
  return out
end

return lexer
