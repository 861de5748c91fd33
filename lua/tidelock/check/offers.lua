--- offers.lua: finds handlers that nothing starts: no page offers them, and no other line of the app names them. May use: syntax, values.

local syntax = require "tidelock.check.syntax"
local values = require "tidelock.check.values"

local constant = values.constant

local offers = {}

-- Every name that a line reads, calls or writes as a string, besides where a handler is declared; and the classes that are
-- read by an expression, of which any handler may be meant.
local function named_in(known)
  local names, any = {}, {}
  for _, file in ipairs(known.files) do
    syntax.walk(file.tree.body, function(node)
      if node.tag == "String" and not node.declares_member then names[node.value] = true end
      if node.tag == "Method" then names[node.name] = true end
      local object = node.tag == "Index" and not constant(node.key) and known:of(node.object)
      if object and object.kind == "class" then any[object.class] = true end
    end)
  end
  return names, any
end

---@param known check.Values
---@param offered table<string, boolean> "Job.start": what pages offer and load
---@param warn fun(at: table, message: string, file: table)
function offers.check(known, offered, warn)
  for _, definition in ipairs(known.definitions) do definition.node.declares_member = true end
  local names, any = named_in(known)
  for _, definition in ipairs(known.definitions) do
    local class, name = definition.class, definition.name
    local kind, full = class.members[name], class.name .. "." .. name
    if (kind == "handler" or kind == "background") and not (offered[full] or names[name] or any[class]) then
      local way = kind == "handler" and ("; give it to a trigger, tl.expose(%s), or call it _%s when it is a method only"):format(full, name) or
        "; `return` it in a handler, or give it to a trigger"
      warn(definition.node, ("nothing starts %s: no page offers it, and no handler returns it%s"):format(full, way), definition.file)
    end
  end
end

return offers
