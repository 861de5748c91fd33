--- parser.lua: Lua 5.4 source text to a syntax tree with places, its names resolved. May use: lexer.
--
-- The tree's nodes are those of syntax.lua. What declares a local name makes a binding, and a Name that means it has it as
-- `binding`; a Name without one is a global.

local lexer = require "tidelock.check.lexer"

local parser = {}

---@class check.Binding a local name
---@field name string
---@field attrib "const"|"close"|nil
---@field init table|nil the expression that it begins with
---@field assigned integer how often it is assigned after that
---@field single table|nil the expression of the last of those, when it is one by one
---@field uses integer how often it is named
---@field param boolean|nil whether it is a function's parameter

local Parser = {}
Parser.__index = Parser

local DEPTH <const> = 200 -- as Lua's own

-- Tokens ----------------------------------------------------------------------------------------

function Parser:is(kind) return self.token.kind == kind end

function Parser:next()
  local token = self.token
  self.at = self.at + 1
  self.token = self.tokens[self.at]
  return token
end

function Parser:accept(kind)
  if self.token.kind == kind then return self:next() end
end

local function shown(token)
  if token.kind == "<eof>" then return "the end of the file" end
  if token.kind == "string" then return "a string" end
  return ("`%s`"):format(token.value or token.kind)
end

function Parser:fail_expected(what)
  lexer.fail(self.token, "%s is expected, not %s", what, shown(self.token))
end

function Parser:expect(kind)
  return self:accept(kind) or self:fail_expected(kind == "name" and "a name" or ("`%s`"):format(kind))
end

-- What closes something, which the message names.
function Parser:close(kind, opened, what)
  if self:accept(kind) then return end
  if opened.line == self.token.line then self:fail_expected(("`%s`"):format(kind)) end
  self:fail_expected(("`%s` (for the `%s` of line %d)"):format(kind, what, opened.line))
end

local function node(tag, at, fields)
  fields.tag, fields.line, fields.col = tag, at.line, at.col
  return fields
end

function Parser:deeper()
  self.depth = self.depth + 1
  if self.depth > DEPTH then lexer.fail(self.token, "this is nested deeper than %d", DEPTH) end
end

-- Names -----------------------------------------------------------------------------------------

function Parser:open_scope(kind)
  self.scope = { parent = self.scope, names = {}, kind = kind }
end

function Parser:close_scope() self.scope = self.scope.parent end

function Parser:declare(token, more)
  local binding = more or {}
  binding.name, binding.line, binding.col, binding.assigned = token.value, token.line, token.col, 0
  binding.uses = 0
  self.scope.names[token.value] = binding
  return binding
end

function Parser:lookup(name)
  local scope = self.scope
  while scope do
    if scope.names[name] then return scope.names[name] end
    scope = scope.parent
  end
end

function Parser:in_loop()
  local scope = self.scope
  while scope and scope.kind ~= "function" do
    if scope.kind == "loop" then return true end
    scope = scope.parent
  end
  return false
end

function Parser:in_vararg()
  local scope = self.scope
  while scope.kind ~= "function" do scope = scope.parent end
  return scope.vararg
end

-- Expressions -----------------------------------------------------------------------------------

local function string_node(token) return node("String", token, { value = token.value }) end

function Parser:name(token)
  local binding = self:lookup(token.value)
  if binding then binding.uses = binding.uses + 1 end
  return node("Name", token, { name = token.value, binding = binding })
end

function Parser:list()
  local out = { self:expression() }
  while self:accept "," do out[#out + 1] = self:expression() end
  return out
end

function Parser:item()
  local at = self.token
  if self:accept "[" then
    local key = self:expression()
    self:expect "]"
    self:expect "="
    return node("Item", at, { key = key, value = self:expression() })
  elseif self:is "name" and self.tokens[self.at + 1].kind == "=" then
    local key = string_node(self:next())
    self:next()
    return node("Item", at, { key = key, value = self:expression() })
  end
  return node("Item", at, { value = self:expression() })
end

function Parser:table()
  local at, items = self:expect "{", {}
  while not self:is "}" do
    items[#items + 1] = self:item()
    if not (self:accept "," or self:accept ";") then break end
  end
  self:close("}", at, "{")
  return node("Table", at, { items = items })
end

function Parser:parameters()
  local params, vararg = {}, false
  self:expect "("
  while not self:is ")" do
    if self:accept "..." then
      vararg = true
      break
    end
    params[#params + 1] = self:declare(self:expect "name", { param = true })
    if not self:accept "," then break end
    if self:is ")" then self:fail_expected "a name" end
  end
  self:expect ")"
  return params, vararg
end

-- From the parameters on. `self_at`: it is a method, whose self stands nowhere.
function Parser:function_rest(at, self_at)
  self:open_scope "function"
  local own = self_at and self:declare({ value = "self", line = self_at.line, col = self_at.col }, { param = true })
  local params, vararg = self:parameters()
  if own then table.insert(params, 1, own) end
  self.scope.vararg = vararg
  local body = self:block()
  self:close("end", at, "function")
  self:close_scope()
  return node("Function", at, { params = params, vararg = vararg, body = body })
end

local constants = { ["nil"] = "Nil", ["true"] = "True", ["false"] = "False" }

function Parser:simple()
  local token = self.token
  if constants[token.kind] then return node(constants[token.kind], self:next(), {}) end
  if token.kind == "number" then return node("Number", self:next(), { value = token.value }) end
  if token.kind == "string" then return string_node(self:next()) end
  if token.kind == "{" then return self:table() end
  if self:accept "function" then return self:function_rest(token) end
  if self:accept "..." then
    if not self:in_vararg() then lexer.fail(token, "`...` is no parameter of this function") end
    return node("Vararg", token, {})
  end
  return self:suffixed()
end

function Parser:primary()
  local token = self.token
  if self:accept "name" then return self:name(token) end
  if not self:accept "(" then self:fail_expected "an expression" end
  local inner = self:expression()
  self:close(")", token, "(")
  return node("Paren", token, { inner = inner })
end

function Parser:arguments()
  local token = self.token
  if self:is "string" then return { string_node(self:next()) } end
  if self:is "{" then return { self:table() } end
  self:expect "("
  if self:accept ")" then return {} end
  local args = self:list()
  self:close(")", token, "(")
  return args
end

local begins_arguments = { ["("] = true, ["{"] = true, string = true }

-- An index or a call has the place of its name, not that of what stands before it.
function Parser:suffixed()
  local left = self:primary()
  while true do
    local token = self.token
    if self:accept "." then
      local key = string_node(self:expect "name")
      left = node("Index", key, { object = left, key = key })
    elseif self:accept "[" then
      local key = self:expression()
      self:expect "]"
      left = node("Index", token, { object = left, key = key })
    elseif self:accept ":" then
      local name = self:expect "name"
      left = node("Method", name, { object = left, name = name.value, args = self:arguments() })
    elseif begins_arguments[token.kind] then
      left = node("Call", left, { fn = left, args = self:arguments() })
    else
      return left
    end
  end
end

-- How strongly an operator holds what is left and right of it.
local priority = {
  ["or"] = { 1, 1 }, ["and"] = { 2, 2 }, ["<"] = { 3, 3 }, [">"] = { 3, 3 }, ["<="] = { 3, 3 }, [">="] = { 3, 3 }, ["~="] = { 3, 3 },
  ["=="] = { 3, 3 }, ["|"] = { 4, 4 }, ["~"] = { 5, 5 }, ["&"] = { 6, 6 }, ["<<"] = { 7, 7 }, [">>"] = { 7, 7 }, [".."] = { 9, 8 },
  ["+"] = { 10, 10 }, ["-"] = { 10, 10 }, ["*"] = { 11, 11 }, ["/"] = { 11, 11 }, ["//"] = { 11, 11 }, ["%"] = { 11, 11 },
  ["^"] = { 14, 13 },
}
local UNARY <const> = 12
local unary = { ["not"] = true, ["-"] = true, ["#"] = true, ["~"] = true }

function Parser:expression(limit)
  self:deeper()
  local token, left = self.token
  if unary[token.kind] then
    self:next()
    left = node("Unary", token, { op = token.kind, operand = self:expression(UNARY) })
  else
    left = self:simple()
  end
  while true do
    local operator = self.token
    local strength = priority[operator.kind]
    if not strength or strength[1] <= (limit or 0) then break end
    self:next()
    left = node("Binary", operator, { op = operator.kind, left = left, right = self:expression(strength[2]) })
  end
  self.depth = self.depth - 1
  return left
end

-- Statements ------------------------------------------------------------------------------------

local ends_block = { ["<eof>"] = true, ["end"] = true, ["else"] = true, ["elseif"] = true, ["until"] = true }

-- In the scope that is open.
function Parser:block()
  self:deeper()
  local out = {}
  while not ends_block[self.token.kind] do
    local first = self.token
    local statement = self:statement()
    if statement then -- a `;` is none
      statement.first = first
      out[#out + 1] = statement
    end
    if first.kind == "return" then break end
  end
  self.depth = self.depth - 1
  return out
end

function Parser:scoped_block(kind)
  self:open_scope(kind)
  local body = self:block()
  self:close_scope()
  return body
end

local statements = {}

statements[";"] = function(self) self:next() return nil end

statements["if"] = function(self)
  local at, clauses = self.token, {}
  repeat
    local begin = self:next()
    local test = begin.kind ~= "else" and self:expression() or nil
    if test then self:expect "then" end
    clauses[#clauses + 1] = node("Clause", begin, { test = test, body = self:scoped_block() })
  until begin.kind == "else" or not (self:is "elseif" or self:is "else")
  self:close("end", at, "if")
  return node("If", at, { clauses = clauses })
end

statements["while"] = function(self)
  local at = self:next()
  local test = self:expression()
  self:expect "do"
  local body = self:scoped_block "loop"
  self:close("end", at, "while")
  return node("While", at, { test = test, body = body })
end

statements["do"] = function(self)
  local at = self:next()
  local body = self:scoped_block()
  self:close("end", at, "do")
  return node("Do", at, { body = body })
end

-- What the body declares is seen in the test.
statements["repeat"] = function(self)
  local at = self:next()
  self:open_scope "loop"
  local body = self:block()
  self:close("until", at, "repeat")
  local test = self:expression()
  self:close_scope()
  return node("Repeat", at, { body = body, test = test })
end

function Parser:loop_body(at, names)
  self:expect "do"
  self:open_scope "loop"
  local bindings = {}
  for i, token in ipairs(names) do bindings[i] = self:declare(token, { loop = true }) end
  local body = self:block()
  self:close("end", at, "for")
  self:close_scope()
  return bindings, body
end

function Parser:numeric_for(at, name)
  local from = self:expression()
  self:expect ","
  local to = self:expression()
  local step = self:accept "," and self:expression() or nil
  local names, body = self:loop_body(at, { name })
  return node("For", at, { names = names, from = from, to = to, step = step, body = body })
end

statements["for"] = function(self)
  local at = self:next()
  local names = { self:expect "name" }
  if self:accept "=" then return self:numeric_for(at, names[1]) end
  while self:accept "," do names[#names + 1] = self:expect "name" end
  self:expect "in"
  local values = self:list()
  local bindings, body = self:loop_body(at, names)
  return node("ForIn", at, { names = bindings, values = values, body = body })
end

statements["function"] = function(self)
  local at = self:next()
  local target, method = self:name(self:expect "name"), nil
  while not method and (self:is "." or self:is ":") do
    method = self:next().kind == ":" and self.token or nil
    local key = string_node(self:expect "name")
    target = node("Index", key, { object = target, key = key })
  end
  local fn = self:function_rest(at, method)
  self:note_assignment(target, fn)
  return node("Assign", at, { targets = { target }, values = { fn } })
end

function Parser:local_function(at)
  local binding = self:declare(self:expect "name")
  local fn = self:function_rest(at)
  binding.init = fn
  return node("LocalFunction", at, { names = { binding }, fn = fn })
end

function Parser:attrib()
  if not self:accept "<" then return nil end
  local token = self:expect "name"
  if token.value ~= "const" and token.value ~= "close" then lexer.fail(token, "there is no attribute `%s`, only const and close", token.value) end
  self:expect ">"
  return token.value
end

statements["local"] = function(self)
  local at = self:next()
  if self:accept "function" then return self:local_function(at) end
  local names, attribs, closes = {}, {}, 0
  repeat
    names[#names + 1] = self:expect "name"
    attribs[#names] = self:attrib()
    if attribs[#names] == "close" then closes = closes + 1 end
    if closes > 1 then lexer.fail(names[#names], "one local statement has one <close>") end
  until not self:accept ","
  local values = self:accept "=" and self:list() or {}
  local bindings = {}
  for i, token in ipairs(names) do bindings[i] = self:declare(token, { attrib = attribs[i], init = values[i] }) end
  return node("Local", at, { names = bindings, values = values })
end

statements["return"] = function(self)
  local at = self:next()
  local values = (ends_block[self.token.kind] or self:is ";") and {} or self:list()
  self:accept ";"
  if not ends_block[self.token.kind] then self:fail_expected "`end` (nothing follows a return)" end
  return node("Return", at, { values = values })
end

statements["break"] = function(self)
  local at = self:next()
  if not self:in_loop() then lexer.fail(at, "this `break` is in no loop") end
  return node("Break", at, {})
end

statements["goto"] = function(self)
  local at = self:next()
  return node("Goto", at, { label = self:expect "name".value })
end

statements["::"] = function(self)
  local at = self:next()
  local label = self:expect "name".value
  self:expect "::"
  return node("Label", at, { label = label })
end

-- Also of globals: in `parser.parse`'s list.
function Parser:note_assignment(target, value)
  if target.tag ~= "Name" then return end
  local binding = target.binding
  if not binding then
    binding = self.globals[target.name] or { name = target.name, assigned = 0 }
    self.globals[target.name] = binding
  elseif binding.attrib then
    lexer.fail(target, "`%s` is <%s>, and cannot be assigned", target.name, binding.attrib)
  end
  binding.assigned, binding.single = binding.assigned + 1, value
end

function Parser:assignment(first)
  local targets = { first }
  while self:accept "," do targets[#targets + 1] = self:suffixed() end
  self:expect "="
  local values = self:list()
  for i, target in ipairs(targets) do
    if target.tag ~= "Name" and target.tag ~= "Index" then lexer.fail(target, "this cannot be assigned") end
    self:note_assignment(target, values[i])
  end
  return node("Assign", first, { targets = targets, values = values })
end

function Parser:statement()
  local begin = statements[self.token.kind]
  if begin then return begin(self) end
  local left = self:suffixed()
  if self:is "=" or self:is "," then return self:assignment(left) end
  if left.tag ~= "Call" and left.tag ~= "Method" then
    lexer.fail(self.token, "`=` or a call is expected, not %s", shown(self.token))
  end
  return node("CallStat", left, { call = left })
end

---Reads a source.
---@param text string
---@return table|nil tree { body =, globals = bindings by name }; nil when it is no Lua
---@return { syntax: string, line: integer, col: integer }|nil problem
function parser.parse(text)
  local self = setmetatable({ at = 0, depth = 0, globals = {} }, Parser)
  local ok, body = pcall(function()
    self.tokens = lexer.tokens(text)
    self:next()
    self:open_scope "function"
    self.scope.vararg = true
    local body = self:block()
    if not self:is "<eof>" then self:fail_expected "a statement" end
    return body
  end)
  if ok then return { body = body, globals = self.globals } end
  if type(body) ~= "table" then error(body, 0) end
  return nil, body
end

return parser
