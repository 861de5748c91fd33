--- rerun.lua: `tidelock test --watch`: runs the specs in a process of its own, and again whenever a Lua file has changed.
--
-- Files are looked at a few times a second: that works on every file system, and needs no limit of the system raised.
-- May use: native, luv.

local native = require "tidelock.native"

local rerun = {}

local LOOK <const> = 300 -- ms between two looks at the files
local CALM <const> = 100 -- ms: so long nothing may change before a run: an editor writes more than one file
local STEP <const> = 20 -- ms between two looks at the process
local MOST <const> = 20000 -- files

local IGNORED <const> = { node_modules = true }

-- Files -----------------------------------------------------------------------------------------

local function add(uv, seen, path)
  local stat = uv.fs_stat(path)
  if not stat or seen.n >= MOST then return end
  seen.n = seen.n + 1
  seen[path] = ("%d.%d %d"):format(stat.mtime.sec, stat.mtime.nsec, stat.size)
end

local function scan(uv, seen, folder)
  local entries = uv.fs_scandir(folder)
  while entries and seen.n < MOST do
    local name, kind = uv.fs_scandir_next(entries)
    if not name then return end
    local path = folder == "." and name or folder .. "/" .. name
    if name:find "%.lua$" or name == ".busted" then
      add(uv, seen, path)
    elseif kind == "directory" and name:sub(1, 1) ~= "." and not IGNORED[name] then
      scan(uv, seen, path)
    end
  end
end

-- What there is: path -> when it changed, and its size.
local function look(uv, roots)
  local seen = { n = 0 }
  for _, root in ipairs(roots) do
    local stat = uv.fs_stat(root)
    if stat and stat.type == "directory" then scan(uv, seen, root) elseif stat then add(uv, seen, root) end
  end
  seen.n = nil
  return seen
end

-- The paths that are not as they were, sorted.
local function changed(before, now)
  local list = {}
  for path, stamp in pairs(now) do if before[path] ~= stamp then list[#list + 1] = path end end
  for path in pairs(before) do if now[path] == nil then list[#list + 1] = path end end
  table.sort(list)
  return list
end

local function named(list)
  if #list > 3 then return ("%s, %s and %d more"):format(list[1], list[2], #list - 2) end
  return table.concat(list, ", ")
end

-- Waiting ---------------------------------------------------------------------------------------

-- Time passes, and what comes from outside is heard.
local function pass(uv, ms)
  uv.sleep(ms)
  native.settle()
end

local function await_change(uv, roots, before, session)
  while not session.over do
    for _ = 1, LOOK // STEP do
      if session.over then return end
      pass(uv, STEP)
    end
    local now = look(uv, roots)
    local list = changed(before, now)
    if #list > 0 then
      repeat
        local last = now
        pass(uv, CALM)
        now = look(uv, roots)
      until session.over or #changed(last, now) == 0
      return changed(before, now), now
    end
  end
end

-- Where nobody reads any more, it ends.
local function tell(session, line)
  if not session.out:write(line, "\n") or not session.out:flush() then session.over = true end
end

-- A run -----------------------------------------------------------------------------------------

local function run_once(uv, args, session)
  local ended, killed_by = false, 0
  local handle, err = uv.spawn(uv.exepath(), { args = args, stdio = { 0, 1, 2 } }, function(_, signal) ended, killed_by = true, signal end)
  if not handle then error("the specs could not be started: " .. tostring(err), 0) end
  session.child = handle
  while not ended do pass(uv, STEP) end
  session.child = nil
  handle:close()
  if killed_by ~= 0 and not session.over then tell(session, ("-- the specs were ended by signal %d"):format(killed_by)) end
end

-- Ctrl-C reaches the specs as well, by the terminal; where it was sent to this process alone, they are ended from here.
local function listen(uv, session)
  local signals = {}
  for i, name in ipairs { "sigint", "sigterm" } do
    signals[i] = uv.new_signal()
    signals[i]:start(name, function()
      session.over = true
      if session.child then session.child:kill "sigterm" end
    end)
  end
  return function()
    for _, signal in ipairs(signals) do signal:close() end
    native.settle()
  end
end

-- The folder in which it runs, and what lies outside of it.
local function roots_of(parsed)
  local base = parsed.directory == "" and "." or (parsed.directory:gsub("(.)/+$", "%1"))
  local roots = { base }
  for _, root in ipairs(parsed.ROOT) do
    if root:find "^/" then roots[#roots + 1] = root elseif root:find "^%.%./" then roots[#roots + 1] = base .. "/" .. root end
  end
  return roots
end

---Runs until it is interrupted.
---@param args string[] of `tidelock test`, without --watch
---@param parsed table the same, as arguments.parse gives it
---@return integer code 0
function rerun.run(args, parsed)
  local uv = require "luv"
  -- What the specs print for programs stays clean.
  local session = { out = parsed.output == "tidelock" and io.stdout or io.stderr }
  local roots = roots_of(parsed)
  local command = table.move(args, 1, #args, 2, { "test" })
  local stop_listening = listen(uv, session)
  while not session.over do
    local before = look(uv, roots)
    run_once(uv, command, session)
    if session.over then break end
    tell(session, "-- waiting for a change; Ctrl-C ends")
    local list = await_change(uv, roots, before, session)
    if list and not session.over then tell(session, "\n-- changed: " .. named(list)) end
  end
  stop_listening()
  return 0
end

return rerun
