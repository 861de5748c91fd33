--- work.lua: `tl.work`: a function of a module, run in a thread of its own Lua state. May use: kinds, native, where.

local kinds = require "tidelock.kinds"
local native = require "tidelock.native"
local where = require "tidelock.where"

where.register()

-- A list for the thread; nil is null there, and nil again when it is given on.
local function listed(...)
  local args = table.pack(...)
  for i = 1, args.n do
    if args[i] == nil then args[i] = native.null end
  end
  args.n = nil
  return native.list(args)
end

---Runs module.function(...) in libuv's pool of threads, in a Lua state that has nothing but Lua's libraries and what the module
---requires; suspends the task meanwhile, never the host. When the task is cancelled, the result is abandoned.
---@param module string for require, with the app's package.path
---@param name string of a function in the table that the module gives
---@param ... any plain values, copied
---@return any ... plain values, copied. Raises WorkError when the function raises, or is not there
local function work(module, name, ...)
  if type(module) ~= "string" then where.fail("tl.work(module, function, ...): the name of a module, got %s", kinds.describe(module)) end
  if type(name) ~= "string" then where.fail("tl.work(module, function, ...): the name of a function, got %s", kinds.describe(name)) end
  local handle <close> = native.work_start(module, name, package.path, package.cpath, listed(...))
  return native.work_finish(handle)
end

return work
