--- ui.lua: `ui.<tag>{...}` and the nodes that depend on the state.
--
-- Elements are checked when they are made, so that an error names the line of the element. They are
-- never changed afterwards and may stand in several places. tree.lua turns them into the wire's form.
-- May use: kinds, where, html, var, attrs, bind, trigger, values, native, near.

local attrs = require "tidelock.attrs"
local bind = require "tidelock.bind"
local html = require "tidelock.html"
local kinds = require "tidelock.kinds"
local native = require "tidelock.native"
local near = require "tidelock.near"
local trigger = require "tidelock.trigger"
local values = require "tidelock.values"
local var = require "tidelock.var"
local where = require "tidelock.where"

where.register()

local ui = {}

---An element, a fragment or a foreach: `form` says which.
---@class tl.Node
---@field form "element"|"frag"|"foreach"
---@field where string the line that made it
local Node = { __tidelock = "node" }

function Node:__tostring()
  return self.form == "element" and ("ui.%s at %s"):format(self.tag, self.where) or "ui." .. self.form
end

function Node:__newindex(key)
  where.fail("%s cannot be changed (%s)", tostring(self), tostring(key))
end

local function make(node)
  node.where = where.here()
  return setmetatable(node, Node)
end

-- Children --------------------------------------------------------------------------------------

local add_child

local function highest_index(list)
  local n = 0
  for key in pairs(list) do
    if math.type(key) == "integer" and key > n then n = key end
  end
  return n
end

local function add_children(out, list, owner)
  for i = 1, highest_index(list) do add_child(out, list[i], owner) end
end

local refused_children = {
  boolean = "a boolean is no child; for a Var write ui.cond(var, node), for a plain condition `x and node or nil`",
  ["function"] = "a function is no child; call it, or give it to an on_* trigger",
  event = "an event is no child; it belongs in a trigger (on_click = ...)",
  effect = "an effect is no child; it belongs in a trigger (on_click = ...)",
  on = "a trigger is no child; it belongs in an attribute (on_click = tl.on(...))",
  bind = "ui.bind is no child; it belongs in a control's `value` or `checked`, and the Var itself shows what it is",
  userdata = "a value of a running tab is no child; a page takes Vars (Job.items), it is built before any tab",
}

local function add_table(out, list, owner)
  for key in pairs(list) do
    if type(key) == "string" then
      where.fail("%s: a table with the key %q is no child (is `ui.<tag>` missing before the braces?)", owner, key)
    end
  end
  add_children(out, list, owner)
end

function add_child(out, v, owner)
  local kind = kinds.of(v) or type(v)
  if v == nil or rawequal(v, native.null) then return end
  if kind == "string" then
    out[#out + 1] = var.operand(v, owner)
  elseif kind == "number" then
    if math.type(v) == "float" then var.operand(v, owner) end
    out[#out + 1] = values.shown(v)
  elseif kind == "node" then
    if v.head_only then where.fail("%s: ui.%s belongs into tl.head{...}", owner, v.tag) end
    out[#out + 1] = v
  elseif kind == "var" then
    var.node(v)
    out[#out + 1] = v
  elseif kind == "table" then
    add_table(out, v, owner)
  else
    where.fail("%s: %s", owner, refused_children[kind] or ("a %s is no child"):format(kind))
  end
end

-- Elements --------------------------------------------------------------------------------------

local function add_bound(node, key, bound, content)
  local v, entry = bind.attribute(node.tag, key, bound, content)
  node.attrs[key] = attrs.convert(node.tag, key, v)
  return entry
end

-- The setter's entry goes before those that the element has besides.
local function add_entry(node, event, entry)
  local entries = node.on[event] or {}
  table.insert(entries, 1, entry)
  node.on[event] = entries
end

local function add_attribute(node, key, v)
  if v == false or rawequal(v, native.null) then return end
  if key:sub(1, 3) == "on_" then
    local name = trigger.event_name(node.tag, key)
    if node.on[name] then where.fail("ui.%s: two triggers for the event %s", node.tag, name) end
    node.on[name] = trigger.entries(v, ("ui.%s: %s"):format(node.tag, key))
  else
    local name = attrs.name(key)
    if node.attrs[name] ~= nil then where.fail("ui.%s: the attribute %s is there twice", node.tag, name) end
    node.attrs[name] = attrs.convert(node.tag, name, v)
  end
end

local function attribute_names(content, owner)
  local names = {}
  for key in pairs(content) do
    if type(key) == "string" then
      names[#names + 1] = key
    elseif math.type(key) ~= "integer" then
      where.fail("%s: %s is no attribute's name", owner, kinds.describe(key))
    end
  end
  table.sort(names)
  return names
end

local function fill(node, content)
  local owner = "ui." .. node.tag
  if type(content) ~= "table" or kinds.of(content) then
    return add_child(node.children, content, owner)
  end
  local bound
  for _, key in ipairs(attribute_names(content, owner)) do
    if kinds.of(content[key]) == "bind" then
      bound = add_bound(node, key, content[key], content)
    else
      add_attribute(node, key, content[key])
    end
  end
  if bound then add_entry(node, "input", bound) end
  add_children(node.children, content, owner)
end

local function element(tag, ...)
  if select("#", ...) > 1 then
    where.fail("ui.%s takes one table: ui.%s{ ... }, got %d arguments", tag, tag, select("#", ...))
  end
  local node = { form = "element", tag = tag, attrs = {}, on = {}, children = {}, head_only = html.head_tags[tag] }
  fill(node, (...))
  if html.void[tag] and #node.children > 0 then where.fail("ui.%s has no children", tag) end
  return make(node)
end

local function check_tag(tag)
  if type(tag) ~= "string" then where.fail("ui is indexed by an element's name, got %s", kinds.describe(tag)) end
  if html.refused[tag] then where.fail("ui.%s is refused: %s", tag, html.refused[tag]) end
  if not (html.tags[tag] or html.head_tags[tag]) then
    where.fail("HTML has no element `%s`%s", tag, near.did_you_mean(tag, html.names(), "ui."))
  end
end

local constructors = {}

---`ui.var(state, name)` makes the Var of a state's var (state.lua calls it); `ui.var{...}` is the
---HTML element <var>, as with any other tag.
local function ui_var(state, ...)
  if select("#", ...) > 0 then return var.new(state, (...)) end
  return element("var", state)
end
constructors.var = ui_var

-- Branches --------------------------------------------------------------------------------------

-- A branch is a value or one node; several nodes become a fragment.
-- Gives the branch, and whether it holds elements.
local function branch(v, owner)
  local kind = kinds.of(v)
  if v == nil or type(v) == "string" or type(v) == "number" or type(v) == "boolean" then
    return var.operand(v, owner), false
  end
  if kind == "var" then
    var.node(v)
    return v, var.is_markup(v)
  end
  local children = {}
  add_child(children, v, owner)
  if kind == "node" then return children[1], true end
  return make { form = "frag", children = children }, true
end

local function check_test(v, owner)
  if kinds.of(v) == "var" then return var.operand(v, owner) end
  if type(v) == "boolean" then
    where.fail("%s: the test is a plain boolean, decided now, while the page is built; "
      .. "use `:eq`, `:lt`, `~`, `&` on the Var", owner)
  end
  where.fail("%s: the test is a Var, got %s", owner, kinds.describe(v))
end

---`a` when the Var is true (neither false nor nil), else `b` (absent: nothing).
---@param v tl.Var
---@param a any
---@param b any
function ui.cond(v, a, b)
  local test = check_test(v, "ui.cond")
  local yes, yes_markup = branch(a, "ui.cond")
  local no, no_markup = nil, false
  if b ~= nil then no, no_markup = branch(b, "ui.cond") end
  return var.make({ ["$"] = "cond", ["if"] = test, ["then"] = yes, ["else"] = no }, yes_markup or no_markup)
end

local function by_type_and_value(a, b)
  if type(a) ~= type(b) then return type(a) < type(b) end
  if type(a) == "boolean" then return b and not a end
  return a < b
end

local function case_values(cases)
  local list = {}
  for value in pairs(cases) do
    local kind = type(value)
    if kind ~= "string" and kind ~= "number" and kind ~= "boolean" then
      where.fail("ui.match: a case is a string, a number or a boolean, got %s", kinds.describe(value))
    end
    list[#list + 1] = value
  end
  table.sort(list, by_type_and_value)
  return list
end

---The case whose key equals the Var, else `default` (absent: nothing).
---@param v tl.Var
---@param cases table<string|number|boolean, any>
---@param default any
function ui.match(v, cases, default)
  local on = check_test(v, "ui.match")
  if type(cases) ~= "table" or kinds.of(cases) then
    where.fail("ui.match: the second argument is a table from value to node, got %s", kinds.describe(cases))
  end
  local list, markup = {}, false
  for i, value in ipairs(case_values(cases)) do
    local node, has_markup = branch(cases[value], "ui.match")
    list[i] = { value, node }
    markup = markup or has_markup
  end
  local otherwise, has_markup = nil, false
  if default ~= nil then otherwise, has_markup = branch(default, "ui.match") end
  return var.make({ ["$"] = "match", on = on, cases = list, ["else"] = otherwise }, markup or has_markup)
end

---A control's value that goes both ways: `ui.input { value = ui.bind(Job.name) }`.
---@param v tl.Var a state's var; its setter is offered to clients
ui.bind = bind.new

-- foreach ---------------------------------------------------------------------------------------

local function foreach_key(opts)
  if opts == nil then return nil end
  if type(opts) ~= "table" then where.fail("ui.foreach: options: { key = \"id\" }, got %s", kinds.describe(opts)) end
  for name in pairs(opts) do
    if name ~= "key" then where.fail("ui.foreach: unknown option %s (there is `key`)", tostring(name)) end
  end
  if opts.key ~= nil and (type(opts.key) ~= "string" or opts.key == "") then
    where.fail("ui.foreach: key is a field's name, got %s", kinds.describe(opts.key))
  end
  return opts.key
end

---What `fn(item, position)` returns, once for each element of a list (item, position from 1) or a
---map (value, key; in the byte order of the keys). `fn` runs once, with Vars.
---@param v tl.Var
---@param fn fun(item: tl.Var, position: tl.Var): any
---@param opts { key: string }|nil key: the field that identifies an element
function ui.foreach(v, fn, opts)
  if kinds.of(v) ~= "var" then
    where.fail("ui.foreach: the first argument is a Var, got %s (a `for` loop does for what is fixed)",
      kinds.describe(v))
  end
  if type(fn) ~= "function" then
    where.fail("ui.foreach: the second argument is a function, got %s", kinds.describe(fn))
  end
  local node = { form = "foreach", list = var.operand(v, "ui.foreach"), key = foreach_key(opts) }
  local item = var.make { ["$"] = "item", of = node, path = {} }
  local position = var.make { ["$"] = "pos", of = node }
  local body = where.call(fn, item, position)
  if body == nil then where.fail "ui.foreach: the function returned nothing (is `return` missing?)" end
  node.body = branch(body, "ui.foreach")
  return make(node)
end

setmetatable(ui, {
  __index = function(_, tag)
    if not constructors[tag] then
      check_tag(tag)
      constructors[tag] = function(...) return (element(tag, ...)) end
    end
    return constructors[tag]
  end,
  __newindex = function(_, key)
    where.fail("ui.%s cannot be assigned; a component is a function of its own", tostring(key))
  end,
})

return ui
