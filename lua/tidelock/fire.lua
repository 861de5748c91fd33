--- fire.lua: a driven page's triggers: from a DOM event to events for the host
--- (client/src/triggers.js).
--
-- Entries run in order. Delayed ones (debounce, throttle) go out before any later event of the page.
-- May use: controls, eval, link, native, values, where.

local controls = require "tidelock.controls"
local eval = require "tidelock.eval"
local link = require "tidelock.link"
local native = require "tidelock.native"
local values = require "tidelock.values"
local where = require "tidelock.where"

where.register()

local fire = {}

local function set(words)
  local out = {}
  for word in words:gmatch "%S+" do out[word] = true end
  return out
end

local stays = set [[
  focus blur mouseenter mouseleave pointerenter pointerleave load error scroll scrollend mount
  toggle beforetoggle close cancel invalid abort play playing pause ended waiting seeking seeked
  resize
]]

---@class tl.Slot a delayed entry
---@field id string the element's id
---@field entry table
---@field due number time of the virtual clock
---@field task fun()|nil

---@class tl.FirePage
---@field state fun(): table
---@field submit fun(handler: string, args: table, control: tl.Element|nil)
---@field effect fun(effect: table)
---@field is_live fun(): boolean
---@field edits fun(): table what the user has edited (controls.lua)
---@field now fun(): number seconds

---@class tl.Fire
---@field page tl.FirePage
local Fire = {}
Fire.__index = Fire

---@return tl.Fire
function fire.new(page)
  return setmetatable({ page = page, delayed = {} }, Fire)
end

-- Running an entry ------------------------------------------------------------------------------

local function arguments(entry, env, brought)
  local args, n = {}, 0
  for _, arg in ipairs(entry.args or {}) do
    n = n + 1
    args[n] = eval.evaluate(arg, env)
  end
  if (entry.opts or {}).own ~= false and brought.n > 0 then
    n = n + 1
    args[n] = brought[1]
  end
  return link.arguments(args, n)
end

-- An effect's options are a plain map, whose values may be dynamic.
local function effect_part(part, env)
  if values.kind(part) ~= "map" or eval.is_dynamic(part) then return eval.evaluate(part, env) end
  local out = {}
  for name, v in pairs(part) do out[name] = eval.evaluate(v, env) end
  return native.map(out)
end

local function effect_of(entry, env)
  local out = {}
  for i, part in ipairs(entry.effect) do out[i] = effect_part(part, env) end
  return link.arguments(out, #entry.effect)
end

-- What runs, now or later; the event's argument is read now, the bound ones then.
function Fire:task(element, control, entry, brought)
  return function()
    local arg = brought[1]
    if values.is_nil(arg) then arg = nil end
    local env = { state = self.page.state(), frame = element.env.frame, arg = arg }
    if entry.effect then return self.page.effect(effect_of(entry, env)) end
    if (entry.opts or {}).temporal and not self.page.is_live() then return end
    self.page.submit(entry.handler, arguments(entry, env, brought), control)
  end
end

-- Delays ----------------------------------------------------------------------------------------

function Fire:slot_of(element, entry)
  for i, slot in ipairs(self.delayed) do
    if slot.id == element.id and slot.entry == entry then return slot, i end
  end
end

function Fire:hold(element, entry, wait, task)
  self.delayed[#self.delayed + 1] = { id = element.id, entry = entry, due = self.page.now() + wait, task = task }
end

-- The first at once; then, when the time is over, the latest of those that came meanwhile.
function Fire:throttle(element, entry, wait, task)
  local slot = self:slot_of(element, entry)
  if slot then
    slot.task = task
    return
  end
  task()
  self:hold(element, entry, wait, nil)
end

function Fire:debounce(element, entry, wait, task)
  local slot, i = self:slot_of(element, entry)
  if slot then table.remove(self.delayed, i) end
  self:hold(element, entry, wait, task)
end

function Fire:schedule(element, entry, task)
  local opts = entry.opts or {}
  if opts.debounce then return self:debounce(element, entry, opts.debounce, task) end
  if opts.throttle then return self:throttle(element, entry, opts.throttle, task) end
  self:flush()
  task()
end

---Runs what is delayed, up to a time (nil: all).
---@param now number|nil
---@return boolean any
function Fire:flush(now)
  local ready, kept = {}, {}
  for _, slot in ipairs(self.delayed) do
    local list = (now == nil or slot.due <= now) and ready or kept
    list[#list + 1] = slot
  end
  self.delayed = kept
  table.sort(ready, function(a, b) return a.due < b.due end)
  for _, slot in ipairs(ready) do
    if slot.task then slot.task() end
  end
  return #ready > 0
end

---When the next delayed entry is due; nil: none waits.
---@return number|nil
function Fire:due()
  local due
  for _, slot in ipairs(self.delayed) do due = math.min(due or slot.due, slot.due) end
  return due
end

-- Dispatching -----------------------------------------------------------------------------------

local is_edit = { input = true, change = true }

-- "number": only what counts as a number; "number?": nothing as well.
local function takes(kind, v)
  return values.to_number(v) ~= nil or kind == "number?" and (values.is_nil(v) or v == "")
end

function Fire:run_entries(element, target, name, brought)
  local fired, stopped, prevented = 0, false, false
  local control = is_edit[name] and controls.is_control(target) and target or nil
  for _, entry in ipairs(element.on[name]) do
    local opts = entry.opts or {}
    if opts.takes and not takes(opts.takes, brought[1]) then
      fired = fired + 1
      if control then controls.lack(self.page.edits(), control) end
    elseif not opts.key or opts.key == brought[1] then
      fired = fired + 1
      stopped, prevented = stopped or opts.stop_propagation == true, prevented or opts.prevent_default == true
      self:schedule(element, entry, self:task(element, control, entry, brought))
    end
  end
  return fired, stopped, prevented
end

---A DOM event, from its target upwards.
---@param target tl.Element
---@param name string "click"
---@param brought table packed: what the event brings (n = 0: nothing)
---@return integer fired entries that it reached
---@return boolean prevented whether one prevents the browser's own action
function Fire:dispatch(target, name, brought)
  local total, prevented = 0, false
  local element = target
  while element do
    if element.on[name] then
      local fired, stopped, prevents = self:run_entries(element, target, name, brought)
      total, prevented = total + fired, prevented or prevents
      if stopped then break end
    end
    if stays[name] then break end
    element = element.parent
  end
  return total, prevented
end

---Whether an event would reach a trigger.
---@return boolean
function Fire.reaches(_, target, name)
  local element = target
  while element do
    if element.on[name] then return true end
    if stays[name] then return false end
    element = element.parent
  end
  return false
end

return fire
