--- var.lua: Vars, the values of a page that are known only when it is shown.
--
-- A Var stands for a place in the tab's state (`Job.items[1].title`), an element of a foreach, a
-- trigger's argument, or an operation on those. Operators and methods on it build the dynamic
-- nodes of docs/ui-tree.md; nothing is computed here. Nodes refer to their foreach by the loop's
-- table; tree.lua gives the numbers. May use: kinds, where, native.null.

local kinds = require "tidelock.kinds"
local where = require "tidelock.where"
local native = require "tidelock.native"

where.register()

local var = {}

-- A Var has no string keys of its own: each would hide a field of a row.
local NODE, ORIGIN, STEP, MARKUP, STEPS = {}, {}, {}, {}, {}

local Var = { __tidelock = "var", __name = "Var" }

---@param node table dynamic node
---@param markup boolean|nil whether it can show elements, so that it is no value
local function make(node, markup)
  return setmetatable({ [NODE] = node, [MARKUP] = markup }, Var)
end
var.make = make

---Makes the Var of a state's var.
---@param state string the state's name
---@param name string the var's name
function var.new(state, name)
  return make { ["$"] = "var", path = { state, name } }
end

function var.is(v) return getmetatable(v) == Var end

---Whether `v` shows elements in one of its branches.
function var.is_markup(v) return rawget(v, MARKUP) == true end

-- Text of a node, for messages ------------------------------------------------------------------

local describe

local function describe_path(head, path, from)
  local out = { head }
  for i = from, #path do
    local step = path[i]
    local plain = type(step) == "string" and step:match "^[%a_][%w_]*$"
    out[#out + 1] = plain and "." .. step or ("[%s]"):format(type(step) == "string" and ("%q"):format(step) or step)
  end
  return table.concat(out)
end

local infix = {
  ["+"] = "+", ["-"] = "-", ["*"] = "*", ["/"] = "/", ["//"] = "//", ["%"] = "%",
  [".."] = "..", ["and"] = "&", ["or"] = "|",
}
local prefix = { neg = "-", len = "#", ["not"] = "~" }

local function describe_operation(node)
  local args = {}
  for i, arg in ipairs(node.args) do args[i] = describe(arg) end
  if prefix[node.op] then return prefix[node.op] .. args[1] end
  if infix[node.op] then return "(" .. table.concat(args, " " .. infix[node.op] .. " ") .. ")" end
  return ("%s:%s(%s)"):format(args[1], node.op, table.concat(args, ", ", 2))
end

local describers = {
  var = function(node) return describe_path(node.path[1], node.path, 2) end,
  item = function(node) return describe_path("item", node.path, 1) end,
  pos = function() return "position" end,
  arg = function(node) return describe_path("arg", node.path, 1) end,
  lit = function() return "{...}" end,
  cond = function() return "ui.cond(...)" end,
  match = function() return "ui.match(...)" end,
  op = describe_operation,
}

function describe(node)
  if type(node) == "string" then return ("%q"):format(node) end
  if type(node) ~= "table" then return tostring(node) end
  return describers[node["$"]](node)
end

---@return string text "Job.items[1].title"
function var.describe(v) return describe(rawget(v, NODE)) end

-- Operands --------------------------------------------------------------------------------------

local function check_public(node)
  local name = node["$"] == "var" and node.path[2]
  if type(name) == "string" and name:sub(1, 1) == "_" then
    where.fail("%s is a backend var, which never leaves the host: a page cannot show or bind it", describe(node))
  end
end

---The node of a Var. Raises when it is a backend var.
---@return table node
function var.node(v)
  local node = rawget(v, NODE)
  check_public(node)
  return node
end

local DEPTH <const> = 64
local EXACT <const> = (1 << 53) - 1

local check_literal

-- A list has the keys 1..n, a map has strings.
local function check_keys(t, what)
  local n = #t
  for key in pairs(t) do
    local fits = n > 0 and math.type(key) == "integer" and key >= 1 and key <= n or n == 0 and type(key) == "string"
    if not fits then
      where.fail("%s: a table is a list (1..n) or a map (strings), and has the key %s", what, tostring(key))
    end
  end
end

local function check_table(t, what, depth)
  if kinds.of(t) then
    where.fail("%s: %s inside a table; give it as an argument of its own", what, kinds.describe(t))
  end
  if depth > DEPTH then where.fail("%s: the table is nested deeper than %d (or holds itself)", what, DEPTH) end
  check_keys(t, what)
  for key, element in pairs(t) do
    check_literal(key, what, depth)
    check_literal(element, what, depth)
  end
end

function check_literal(v, what, depth)
  if rawequal(v, native.null) then return end
  local kind = type(v)
  if kind == "table" then
    check_table(v, what, depth + 1)
  elseif kind == "number" and (v ~= v or v == math.huge or v == -math.huge) then
    where.fail("%s: %s is no value of a page", what, tostring(v))
  elseif math.type(v) == "integer" and (v > EXACT or v < -EXACT) then
    where.fail("%s: %d is an integer beyond 2^53-1, which no browser keeps; give it as a string", what, v)
  elseif kind == "string" and not utf8.len(v) then
    where.fail("%s: %q is not UTF-8", what, v)
  elseif kind == "function" or kind == "thread" or kind == "userdata" then
    where.fail("%s: a %s is no value of a page", what, kind)
  end
end

---A value as it stands in the tree: a Var's node, a scalar, or a literal node for a table.
---@param v any
---@param what string what it is for, for messages
---@return any value nil gives JSON's null
function var.operand(v, what)
  if kinds.of(v) == "var" then
    if var.is_markup(v) then
      where.fail("%s: %s shows elements, so it is no value; it can only be a child", what, var.describe(v))
    end
    return var.node(v)
  end
  check_literal(v, what, 0)
  if v == nil then return native.null end
  if type(v) == "table" and not rawequal(v, native.null) then return { ["$"] = "lit", value = v } end
  return v
end

local operand = var.operand

local function operation(op, ...)
  local args = table.pack(...)
  for i = 1, args.n do args[i] = operand(args[i], op) end
  args.n = nil
  return make { ["$"] = "op", op = op, args = args }
end

-- Operators -------------------------------------------------------------------------------------

local function binary(op, allowed)
  return function(a, b)
    for i = 1, 2 do
      local side = (select(i, a, b))
      if kinds.of(side) ~= "var" and not allowed[type(side)] then
        where.fail("%s between a Var and %s", op, kinds.describe(side))
      end
    end
    return operation(op, a, b)
  end
end

local numeric = { number = true, string = true }
local logical = { number = true, string = true, boolean = true }

Var.__add = binary("+", numeric)
Var.__sub = binary("-", numeric)
Var.__mul = binary("*", numeric)
Var.__div = binary("/", numeric)
Var.__idiv = binary("//", numeric)
Var.__mod = binary("%", numeric)
Var.__concat = binary("..", numeric)
Var.__band = binary("and", logical)
Var.__bor = binary("or", logical)
Var.__unm = function(a) return operation("neg", a) end
Var.__len = function(a) return operation("len", a) end
Var.__bnot = function(a) return operation("not", a) end

local function refused(sign, way)
  return function()
    where.fail("`%s` on a Var would be decided now, while the page is built; %s", sign, way)
  end
end

Var.__lt = refused("<", "write a:lt(b), or a:gt(b) for >")
Var.__le = refused("<=", "write a:le(b), or a:ge(b) for >=")
Var.__eq = refused("==", "write a:eq(b), or a:ne(b) for ~=")
Var.__pow = refused("^", "a Var knows + - * / // % .. only")
Var.__bxor = refused("~", "a Var knows ~a, a & b, a | b only")
Var.__shl = refused("<<", "a Var knows ~a, a & b, a | b only")
Var.__shr = refused(">>", "a Var knows ~a, a & b, a | b only")
Var.__pairs = refused("pairs", "write ui.foreach(var, function(value, key) ... end)")

function Var.__newindex(self, key)
  where.fail("%s cannot be assigned in a page (%s.%s); a handler does that",
    var.describe(self), var.describe(self), tostring(key))
end

local as_text = tostring

-- print and messages may show a Var; tostring and string.format in a page would write its name for every tab to see.
function Var.__tostring(self)
  local caller = where.page and debug.getinfo(2, "f")
  if caller and caller.func == as_text then
    where.fail("tostring would give, while the page is built, what %s is called; give the Var itself as a child, or join by `..` (print shows a Var)",
      var.describe(self))
  elseif caller and caller.func == string.format then
    where.fail("string.format would write now, while the page is built, what %s is called; write %s:format(\"...%%s...\") or join by `..`",
      var.describe(self), var.describe(self))
  end
  return "Var " .. var.describe(self)
end

-- Methods ---------------------------------------------------------------------------------------

---name -> {least, most} arguments after the Var
local methods = {
  eq = { 1, 1 }, ne = { 1, 1 }, lt = { 1, 1 }, le = { 1, 1 }, gt = { 1, 1 }, ge = { 1, 1 },
  contains = { 1, 1 }, length = { 0, 0 }, upper = { 0, 0 }, lower = { 0, 0 }, trim = { 0, 0 },
  join = { 0, 1 }, format = { 1, 64 }, at = { 1, 1 }, default = { 1, 1 }, elapsed = { 0, 0 },
}

-- `price:format("%.2f")`: the Var is the first thing that is formatted, not the format. `started:elapsed()`: to the present moment.
local function arguments(name, self, ...)
  if name == "elapsed" then return self, make { ["$"] = "clock" } end
  if name ~= "format" then return self, ... end
  local fmt = ...
  return fmt, self, select(2, ...)
end

---`v:name(...)` is `v.name` (a Var, which knows v) called with v.
function Var.__call(self, first, ...)
  local origin, name = rawget(self, ORIGIN), rawget(self, STEP)
  if origin == nil or not rawequal(first, origin) then
    where.fail("%s is a Var, it cannot be called; methods are called with a colon", var.describe(self))
  end
  local arity = methods[name]
  if not arity then
    local known = {}
    for method in pairs(methods) do known[#known + 1] = method end
    table.sort(known)
    where.fail("a Var has no method `%s`; there are %s", tostring(name), table.concat(known, " "))
  end
  local n = select("#", ...)
  if n < arity[1] or n > arity[2] then
    where.fail("`:%s` takes %s argument%s, got %d", name,
      arity[1] == arity[2] and arity[1] or arity[1] .. " or more", arity[2] == 1 and "" or "s", n)
  end
  return operation(name, arguments(name, origin, ...))
end

-- Indexing --------------------------------------------------------------------------------------

local has_path = { var = true, item = true, arg = true }

local function extended(node, key)
  local copy = {}
  for k, v in pairs(node) do copy[k] = v end
  copy.path = table.move(node.path, 1, #node.path, 1, {})
  copy.path[#copy.path + 1] = key
  return copy
end

-- ipairs over a Var would never end, since each index gives a Var.
local WALK_LIMIT = 64

local function check_walk(self, key)
  local seen = rawget(self, STEPS) or 0
  if key ~= seen + 1 then return end
  rawset(self, STEPS, key)
  if key > WALK_LIMIT then
    where.fail("ipairs or a loop over %s, whose length the page cannot know; write ui.foreach(var, fn)",
      var.describe(self))
  end
end

function Var.__index(self, key)
  local kind = kinds.of(key)
  if math.type(key) == "float" then key = math.tointeger(key) or key end
  if math.type(key) == "integer" then check_walk(self, key) end
  if kind ~= "var" and type(key) ~= "string" and math.type(key) ~= "integer" then
    where.fail("a Var is indexed by a string or an integer, got %s", kinds.describe(key))
  end
  local node = rawget(self, NODE)
  local indexed
  if kind ~= "var" and has_path[node["$"]] then
    indexed = make(extended(node, key))
  else
    indexed = make { ["$"] = "op", op = "at", args = { operand(self, "indexing"), operand(key, "an index") } }
  end
  rawset(indexed, ORIGIN, self)
  rawset(indexed, STEP, key)
  return indexed
end

return var
