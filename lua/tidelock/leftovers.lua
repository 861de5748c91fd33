--- leftovers.lua: what an `it` has left behind: tasks, tabs, timers, requests, luv's handles, entries of Lua's registry. For testing.lua.
-- May use: exchange, native.

local exchange = require "tidelock.exchange"
local native = require "tidelock.native"

local leftovers = {}

-- luv's handles that an `it` finds are not its own.
local handles_before = 0
local libraries_before -- nil: the registry was not looked at

-- A library that is loaded for the first time keeps entries of the registry for good.
local function libraries()
  return native.libraries() + (native.luv() and 1 or 0)
end

---An `it` begins.
function leftovers.begin()
  local luv = native.luv()
  handles_before = luv and luv._newest() or 0
  libraries_before = nil
end

---An app is about to be loaded. The registry is as it was when the first one of the `it` was.
function leftovers.note()
  if libraries_before then return end
  libraries_before = libraries()
  native.refs_note()
end

---The host of the app ends, and another takes its place: what its tasks made of luv ends with it.
function leftovers.restart()
  local luv = native.luv()
  if luv then luv._close_newer(handles_before, true) end
end

---The handles of luv that are at work: a line for each.
---@return string[]
function leftovers.active()
  local luv = native.luv()
  return luv and luv._active(handles_before) or {}
end

local PATIENCE <const> = 0.1 -- seconds

-- Finalizers give some back, and luv's callbacks.
local function refs()
  if not libraries_before or #native.refs_new() == 0 or libraries() ~= libraries_before then return {} end
  local last = native.real_now() + PATIENCE
  local new
  repeat
    collectgarbage()
    native.settle()
    new = native.refs_new()
  until #new == 0 or native.real_now() > last
  for i, what in ipairs(new) do new[i] = "an entry of Lua's registry (luaL_ref): " .. what end
  return new
end

---Closes what can be closed, and lists what there was: a line for each.
---@return string[]
function leftovers.clear()
  local left = exchange.stop()
  for _, line in ipairs(native.leftovers()) do left[#left + 1] = line end
  local luv = native.luv()
  for _, handle in ipairs(luv and luv._close_newer(handles_before) or {}) do left[#left + 1] = handle end
  local found = #left == 0 and refs() or left
  libraries_before = nil
  return found
end

return leftovers
