--- trigger.lua: what `on_*` may hold, brought into the entries of docs/ui-tree.md.
--
-- A trigger is an event reference, a bound event, an effect, `tl.on(trigger, opts)`, a function of
-- the trigger's argument that returns one of these, or a list of all that. May use: kinds, where,
-- html, var, native, near.

local html = require "tidelock.html"
local kinds = require "tidelock.kinds"
local native = require "tidelock.native"
local near = require "tidelock.near"
local var = require "tidelock.var"
local where = require "tidelock.where"

where.register()

local trigger = {}

-- tl.on -----------------------------------------------------------------------------------------

local On = { __tidelock = "on" }

local function seconds(v) return type(v) == "number" and v > 0 and v < math.huge end
local function flag(v) return type(v) == "boolean" end
local function text(v) return type(v) == "string" and v ~= "" end

---option -> { check, what it has to be }
local options = {
  debounce = { seconds, "seconds above 0" },
  throttle = { seconds, "seconds above 0" },
  prevent_default = { flag, "true or false" },
  stop_propagation = { flag, "true or false" },
  temporal = { flag, "true or false" },
  key = { text, "a key's name, as \"Enter\"" },
}

local function check_together(opts)
  if opts.debounce and opts.throttle then where.fail "tl.on: debounce and throttle exclude each other" end
end

local function checked_options(opts)
  if type(opts) ~= "table" then where.fail("tl.on: options: a table, got %s", kinds.describe(opts)) end
  local out = {}
  for name, value in pairs(opts) do
    local known = options[name]
    if not known then
      where.fail("tl.on: unknown option %s%s", tostring(name), near.option(name, options))
    end
    if not known[1](value) then
      where.fail("tl.on: %s is %s, got %s", name, known[2], kinds.describe(value))
    end
    if value ~= false then out[name] = value end
  end
  check_together(out)
  return out
end

---A trigger with options: debounce and throttle (seconds), prevent_default, stop_propagation,
---temporal (dropped while the page has no connection), key (only for this key).
---@param what any a trigger
---@param opts table
function trigger.on(what, opts)
  if what == nil then where.fail "tl.on: the first argument is a handler, got nil" end
  return setmetatable({ what = what, opts = checked_options(opts or {}) }, On)
end

-- Entries ---------------------------------------------------------------------------------------

local function bound_arguments(event)
  local args = event.args
  local out = {}
  for i = 1, args and (args.n or #args) or 0 do
    out[i] = var.operand(args[i], ("argument %d of %s"):format(i, event.handler))
  end
  return native.list(out)
end

local function event_entry(event, opts)
  return { handler = event.handler, args = bound_arguments(event), opts = opts }
end

-- Options are a map of their own, whose values may be Vars; any other table is a value.
local function effect_part(part, effect)
  local what = "tl." .. effect[1]
  if native.kind(part) ~= "map" or part["$"] ~= nil then return var.operand(part, what) end
  local out = {}
  for name, v in pairs(part) do out[name] = var.operand(v, what) end
  return native.map(out)
end

local function effect_entry(effect, opts)
  local out = {}
  for i = 1, effect.n or #effect do out[i] = effect_part(effect[i], effect) end
  return { effect = native.list(out), opts = opts }
end

local collect

-- The function says itself where the argument goes, so it is not added once more.
local function collect_function(out, fn, opts, name)
  local own = { own = false }
  for key, value in pairs(opts) do own[key] = value end
  local result = where.call(fn, var.make { ["$"] = "arg", path = {} })
  if result == nil then where.fail("%s: the function returned nothing; it returns an event or an effect", name) end
  collect(out, result, own, name)
end

local function collect_list(out, list, opts, name)
  local count = 0
  for key in pairs(list) do
    if math.type(key) ~= "integer" then
      where.fail("%s: %s is no trigger (unexpected key %s)", name, kinds.describe(list), tostring(key))
    end
    count = math.max(count, key)
  end
  for i = 1, count do
    if list[i] ~= nil and list[i] ~= false then collect(out, list[i], opts, name) end
  end
end

local function collect_on(out, on, opts, name)
  local merged = {}
  for key, value in pairs(opts) do merged[key] = value end
  for key, value in pairs(on.opts) do merged[key] = value end
  check_together(merged)
  if merged.key and not html.key_events[name:match "on_(.*)$":gsub("_", "")] then
    where.fail("%s: the option key is for on_key_down, on_key_up and on_key_press; this event has no key", name)
  end
  collect(out, on.what, merged, name)
end

function collect(out, v, opts, name)
  local kind = kinds.of(v)
  if kind == "event" then
    out[#out + 1] = event_entry(v, opts)
  elseif kind == "effect" then
    out[#out + 1] = effect_entry(v, opts)
  elseif kind == "on" then
    collect_on(out, v, opts, name)
  elseif type(v) == "function" then
    collect_function(out, v, opts, name)
  elseif type(v) == "table" and not kind then
    collect_list(out, v, opts, name)
  else
    where.fail("%s: an event (Job.start), a bound one (Job.add(5)), an effect, a list of these "
      .. "or a function(arg), got %s", name, kinds.describe(v))
  end
end

local function with_marked_options(entries)
  for _, entry in ipairs(entries) do entry.opts = native.map(entry.opts) end
  return entries
end

---The entries of a trigger.
---@param v any
---@param name string for messages
---@return table[] entries
function trigger.entries(v, name)
  local out = {}
  collect(out, v, {}, name)
  return with_marked_options(out)
end

---The DOM event's name of an `on_*` key. Raises when there is none.
---@param tag string the element, for messages
---@param key string "on_key_down"
---@return string "keydown"
function trigger.event_name(tag, key)
  local name = key:sub(4):gsub("_", "")
  if not html.events[name] then
    where.fail("ui.%s: unknown trigger %s%s", tag, key, near.did_you_mean(name, html.events, "on_"))
  end
  return name
end

return trigger
