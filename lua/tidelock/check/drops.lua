--- drops.lua: finds events and client effects that are made and dropped: a handler has to return or yield them. May use: effects, syntax.

local effects = require "tidelock.effects"
local syntax = require "tidelock.check.syntax"

local drops = {}

-- What a call makes, when the host has to be given it: "Job.work(...)".
local function made_by(known, call)
  local fn = call.tag == "Call" and known:of(call.fn)
  if not fn then return nil end
  local effect = fn.kind == "call" and fn.name:match "^tl%.(.*)"
  if fn.kind == "event" or effect and effects[effect] then return (fn.text or fn.name) .. "(...)" end
end

---@param known check.Values
---@param report fun(at: table, message: string)
---@param file { path: string, tree: table }
function drops.check(known, report, file)
  syntax.walk(file.tree.body, function(node)
    local made = node.tag == "CallStat" and made_by(known, node.call)
    if made then report(node.call, ("%s alone does nothing; `return` it, or give it to coroutine.yield"):format(made)) end
  end)
end

return drops
