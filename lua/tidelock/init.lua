-- init.lua: `require "tidelock"`: gathers what an app may call into one table. May use: the native half and the other modules here.
local native = require "tidelock.native"
local near = require "tidelock.near"

local tl = {}

-- A name that is not there is misspelt: nil would be an error later, or none.
-- lazy: name -> a function that gives what it is for the app that is there.
local function strict(t, name, lazy)
  return setmetatable(t, {
    lazy = lazy,
    __index = function(_, key)
      if lazy and lazy[key] then return lazy[key]() end
      local hint = near.did_you_mean(tostring(key), t, name .. ".")
      native.raise("TypeError", ("%s.%s: there is no such name%s"):format(name, tostring(key), hint))
    end,
  })
end

local function take(from, ...)
  for _, name in ipairs { ... } do
    tl[name] = assert(from[name], name)
  end
end

take(native, "with_state", "modify_state", "lock", "sleep", "timeout", "defer", "now", "time", "spawn", "tasks", "cancel", "current_task",
  "background_tasks", "on_error", "is_error", "random_token", "append")
take(native, "gather", "race", "scope", "semaphore", "channel", "event")

take(require "tidelock.state", "state", "mixin", "var", "computed", "background", "expose", "list", "map", "null", "kind", "copy")
take(require "tidelock.page", "page", "head", "assets", "on")
take(require "tidelock.effects", "toast", "alert", "redirect", "reload", "back", "set_value", "focus", "scroll_to", "download",
  "set_clipboard", "remove_cookie", "clear_local_storage", "call", "console_log")
take(require "tidelock.config", "config")
take(require "tidelock.lifespan", "lifespan")
take(require "tidelock.text", "lower", "upper")
tl.json = strict({ encode = native.json_encode, decode = native.json_decode }, "tl.json")
tl.http = strict(require "tidelock.http", "tl.http")
tl.debug = strict({ tasks = native.debug_tasks, locks = native.debug_locks }, "tl.debug")
tl.work = require "tidelock.work"
tl.every = require "tidelock.every"
tl.retry = require "tidelock.retry"
tl.ui = require "tidelock.ui"
tl.kit = strict(require "tidelock.kit", "tl.kit")

return strict(tl, "tl", { my_tasks = require("tidelock.my_tasks").var })
