--- names.lua: finds names that nothing declares: of states, vars, handlers, of tl and ui, and globals. May use: syntax, values, html, near.

local html = require "tidelock.html"
local near = require "tidelock.near"
local syntax = require "tidelock.check.syntax"
local tl = require "tidelock"
local values = require "tidelock.check.values"

local constant = values.constant

-- What every state has besides what it declares.
local builtins = { reset = true, get_token = true, get_state = true, with_state = true, router = true, tasks = true }

local function hint(name, known, prefix)
  local found = near.name(name, known)
  return found and ("; did you mean %s%s?"):format(prefix, found) or ""
end

local function names_of(class)
  local out = {}
  for name in pairs(class.members) do out[#out + 1] = name end
  table.sort(out)
  return #out > 0 and table.concat(out, ", ") or "nothing"
end

-- With the nearest name, else with all that there are.
local function undeclared(class, name, prefix)
  local told = hint(name, class.members, prefix)
  if told == "" then told = ("; %s has %s"):format(class.name, names_of(class)) end
  return ("%s%s is not declared in %s%s"):format(prefix, name, class.name, told)
end

-- self.x ----------------------------------------------------------------------------------------

local function check_instance(report, at, class, name, prefix)
  if class.members[name] or builtins[name] or class.open then return end
  report(at, undeclared(class, name, prefix))
end

local no_target = {
  handler = "is a handler", background = "is a background task", method = "is a method",
  computed = "is derived from other vars by tl.computed",
}

local function check_target(report, at, class, name, prefix)
  local why = no_target[class.members[name]] or builtins[name] and "is there in every state"
  if why then
    report(at, ("%s%s %s, and cannot be assigned"):format(prefix, name, why))
  else
    check_instance(report, at, class, name, prefix)
  end
end

local function check_instance_call(report, at, class, name, prefix)
  local kind = class.members[name]
  if kind == "background" then
    report(at, ("%s%s is a background task, which is not called; start it by `return %s.%s`"):format(prefix, name, class.one or class.name, name))
  elseif kind == "var" or kind == "computed" then
    report(at, ("%s%s is a var, not a function"):format(prefix, name))
  else
    check_instance(report, at, class, name, prefix)
  end
end

-- How the source calls the instance: "self.", "tour:".
local function prefix_of(object, sign)
  return (object.tag == "Name" and object.name or "(...)") .. sign
end

-- Job.x -----------------------------------------------------------------------------------------

local function check_class(report, at, class, name)
  local kind, prefix = class.members[name], class.name .. "."
  if kind == "method" then
    report(at, ("%s%s: names with _ are methods, which no event reaches; call self:%s(...), or take the _ away"):format(prefix, name, name))
  elseif not kind and not class.open and name ~= "setter" then
    report(at, undeclared(class, name, prefix))
  end
end

local function check_class_call(report, at, class, name)
  if name == "setter" then return end
  if not class.members[name] then return check_class(report, at, class, name) end
  report(at, ("%s:%s(...) is no call: with a dot, %s.%s(...), it is an event with arguments; in a handler, self:%s(...) runs it at once"):format(
    class.name, name, class.name, name, name))
end

-- tl.x, ui.x ------------------------------------------------------------------------------------

local function check_table(report, at, known, name, prefix)
  local lazy = (getmetatable(known) or {}).lazy -- of tl: what it has only where an app asks for it
  if rawget(known, name) == nil and not (lazy and lazy[name]) then report(at, ("there is no %s%s%s"):format(prefix, name, hint(name, known, prefix))) end
end

local function check_ui(report, at, name)
  if values.is_ui(name) then return end
  report(at, ("HTML has no element `%s`%s"):format(name, hint(name, html.names(), "ui.")))
end

local index = {
  tl = function(report, at, _, name) check_table(report, at, tl, name, "tl.") end,
  lib = function(report, at, object, name) check_table(report, at, object.table, name, object.name .. ".") end,
  ui = function(report, at, _, name) check_ui(report, at, name) end,
  class = function(report, at, object, name) check_class(report, at, object.class, name) end,
}

-- Nodes -----------------------------------------------------------------------------------------

local visit = {}

function visit.Index(known, report, node)
  local object, name = known:of(node.object), constant(node.key)
  if not object or not name or node.declares then return end
  if object.kind == "instance" then
    local check = node.is_target and check_target or check_instance
    check(report, node.key, object.class, name, prefix_of(node.object, "."))
  elseif index[object.kind] and not node.is_target then
    index[object.kind](report, node.key, object, name)
  end
end

function visit.Assign(_, _, node)
  for _, target in ipairs(node.targets) do target.is_target = true end
end

local function check_state_name(known, report, node)
  local name = known.loaded and constant(node)
  if name and not known.classes[name] then
    report(node, ("there is no state %q%s"):format(name, hint(name, known.classes, "")))
  end
end

function visit.Method(known, report, node)
  local object = known:of(node.object)
  if not object then return end
  if object.kind == "class" then
    check_class_call(report, node, object.class, node.name)
  elseif object.kind == "instance" then
    check_instance_call(report, node, object.class, node.name, prefix_of(node.object, ":"))
    if node.name == "get_state" then check_state_name(known, report, node.args[1]) end
  end
end

function visit.Call(known, report, node)
  local fn = known:of(node.fn)
  if fn and fn.kind == "call" and fn.name == "tl.modify_state" then check_state_name(known, report, node.args[2]) end
end

-- Whether all globals are there. Where an app did not load, that may be why; but then the line that it stumbled over tells.
local function globals_known(known, file, node)
  return known.loaded or known.problem.path == file.path and known.problem.line == node.line
end

-- The host's strict globals raise for these, but only when the line runs.
function visit.Name(known, report, node, file)
  local name = node.name
  if not globals_known(known, file, node) or node.binding or node.is_target or known.globals[name] or known.by_g[name] or _G[name] ~= nil then return end
  if name == "_ENV" or known.variables._ENV then return end
  report(node, ("there is no variable %s%s"):format(name, hint(name, known.variables, "")))
end

-- What a name that is wrong may have meant; and what is reached as a field of _G.
local function variables_of(files)
  local out, assigned = {}, {}
  for _, file in ipairs(files) do
    for name in pairs(file.tree.globals) do out[name] = true end
    syntax.walk(file.tree.body, function(node)
      for _, binding in ipairs(node.names or node.params or {}) do out[binding.name] = true end
      local object = node.tag == "Index" and node.object
      if object and object.tag == "Name" and object.name == "_G" and constant(node.key) then
        out[constant(node.key)], assigned[constant(node.key)] = true, true
      end
    end)
  end
  return out, assigned
end

local names = {}

---@param known check.Values
---@param report fun(at: table, message: string)
---@param file { path: string, tree: table }
function names.check(known, report, file)
  if not known.variables then known.variables, known.by_g = variables_of(known.files) end
  syntax.walk(file.tree.body, function(node)
    if visit[node.tag] then visit[node.tag](known, report, node, file) end
  end)
end

return names
