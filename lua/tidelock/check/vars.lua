--- vars.lua: finds Lua's own `if`, `and`, `not`, `==` on a Var, which decide while the page is built, before there is a tab.
-- May use: syntax.

local syntax = require "tidelock.check.syntax"

local vars = {}

local WHY <const> = "this is decided once, while the page is built, and not by what a tab's value is"

-- In a function with an instance of that state it is the value that is meant.
local function way_out(var, way, instances)
  for _, name in ipairs(instances) do
    if var.class and name.class == var.class then return ("here the tab's value is %s.%s"):format(name.name, var.member) end
  end
  return way
end

local compare = { ["=="] = "eq", ["~="] = "ne", ["<"] = "lt", ["<="] = "le", [">"] = "gt", [">="] = "ge" }

local Walk = {}
Walk.__index = Walk

function Walk:var(node)
  local value = node and self.known:of(node)
  return value and value.kind == "var" and value or nil
end

function Walk:complain(at, sign, var, way)
  self.report(at, ("`%s` on the Var %s: %s; %s"):format(sign, var.text, WHY, way_out(var, way, self.instances)))
end

function Walk:test(node, sign, at)
  local var = self:var(node)
  if var then self:complain(at, sign, var, "write ui.cond(var, a, b), or ui.match") end
end

local visit = {}

function visit.Clause(self, node) self:test(node.test, "if", node) end
function visit.While(self, node) self:test(node.test, "while", node) end
function visit.Repeat(self, node) self:test(node.test, "until", node) end

function visit.Unary(self, node)
  local var = node.op == "not" and self:var(node.operand)
  if var then self:complain(node, "not", var, "write ~var") end
end

local logic = {
  ["and"] = "write a & b for two truths, ui.cond(var, a) for what is shown",
  ["or"] = "write a | b for two truths, var:default(x) for what stands in for nil",
}

function visit.Binary(self, node)
  if logic[node.op] then
    local var = self:var(node.left)
    if var then self:complain(node, node.op, var, logic[node.op]) end
  elseif compare[node.op] then
    local left, right = self:var(node.left), self:var(node.right)
    if left or right then self:complain(node, node.op, left or right, ("write a:%s(b)"):format(compare[node.op])) end
  end
end

local walks = { ipairs = true, pairs = true, next = true }

function visit.Call(self, node)
  local fn = self.known:of(node.fn)
  if not fn or fn.kind ~= "builtin" then return end
  local var = walks[fn.name] and self:var(node.args[1])
  if var then self:complain(node, fn.name, var, "write ui.foreach(var, function(item, position) ... end)") end
  for _, arg in ipairs(fn.name == "string.format" and node.args or {}) do
    if self:var(arg) then self:complain(node, fn.name, self:var(arg), "write var:format \"%s\", or join by `..`") end
  end
end

-- The names by which a function knows an instance.
local function instances_of(known, params)
  local out = {}
  for _, param in ipairs(params) do
    local value = known:of_binding(param)
    if value and value.kind == "instance" then out[#out + 1] = { name = param.name, class = value.class } end
  end
  return out
end

function Walk:go(tree)
  syntax.walk(tree, function(node)
    if node.tag == "Function" then
      local outer, own = self.instances, instances_of(self.known, node.params)
      self.instances = table.move(outer, 1, #outer, #own + 1, own)
      self:go(node.body)
      self.instances = outer
      return false
    end
    if visit[node.tag] then visit[node.tag](self, node) end
  end)
end

---@param known check.Values
---@param report fun(at: table, message: string)
---@param file { path: string, tree: table }
function vars.check(known, report, file)
  setmetatable({ known = known, report = report, instances = {} }, Walk):go(file.tree.body)
end

return vars
