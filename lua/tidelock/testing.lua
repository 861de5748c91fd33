--- testing.lua: drives an app's pages in a spec: `local t = require "tidelock.testing"`.
--
-- Each `it` loads its app anew; all tabs of one `it` are tabs of the same app. Time is virtual: it
-- moves only by `t.advance` or by a wait of the test itself (pace.lua). At the end of an `it` the runner calls
-- `finish`, which ends the app and proves that nothing of it is left.
-- May use: blocking, complaints, exchange, kinds, leftovers, native, pace, tab, where.

local blocking = require "tidelock.blocking"
local complaints = require "tidelock.complaints"
local exchange = require "tidelock.exchange"
local kinds = require "tidelock.kinds"
local leftovers = require "tidelock.leftovers"
local native = require "tidelock.native"
local pace = require "tidelock.pace"
local tab = require "tidelock.tab"
local where = require "tidelock.where"

where.register()

local testing = {}

local open_tabs = {} -- list
local file_of_app -- nil: no app is loaded
local is_down = false -- between the two hosts of a restart
local spec_task = native.current_task() -- in which all specs run
local shared = {} -- by the name of a browser: what it keeps for all its tabs

exchange.spec = spec_task

function blocking.in_app()
  local task = native.current_task()
  return file_of_app ~= nil and task ~= nil and task ~= spec_task
end

-- Time ------------------------------------------------------------------------------------------

local function each_tab(fn)
  local any = false
  for _, open in ipairs(table.move(open_tabs, 1, #open_tabs, 1, {})) do any = fn(open) or any end
  return any
end

pace.each_tab = each_tab
testing.settle, testing.advance, testing.run_until = pace.settle, pace.advance, pace.run_until

local chosen = false -- by the spec itself: it has an order of its own

---Takes ready tasks in an order drawn from a seed, so that a race shows and can be found again.
---@param n integer 0: in the order in which they became ready
function testing.seed(n)
  chosen = true
  native.seed(n)
end

-- Lost updates --------------------------------------------------------------------------------

local asked = false -- the spec looks at them itself
local lost_before = {} -- a restart

local function all_lost()
  return table.move(native.lost_updates(), 1, #native.lost_updates(), #lost_before + 1, table.move(lost_before, 1, #lost_before, 1, {}))
end

---The lost updates so far: a task read a value outside of its block, somebody changed it, and the task's block wrote over it without
---having read it again. A spec that asks decides for itself; else `--schedules` fails one that has any.
---@return { path: string, task: string, read: string, write: string }[]
function testing.lost_updates()
  asked = true
  return all_lost()
end

---Raises when there are some that the spec has not asked for. For the runner.
function testing.check_lost_updates()
  if asked then return end
  local lines = {}
  for _, lost in ipairs(all_lost()) do
    lines[#lines + 1] = ("%s: read at %s by %s, overwritten at %s"):format(lost.path, lost.read, lost.task, lost.write)
  end
  if #lines > 0 then error("an update was lost (somebody else's, between the two lines):\n  " .. table.concat(lines, "\n  "), 0) end
end

---Whether this `it` has called `seed`. For the runner.
---@return boolean
function testing.has_seed()
  return chosen
end

-- Real time -------------------------------------------------------------------------------------

local WAIT <const> = 5 -- seconds: what comes from outside has been long enough under way
local limit -- of an `it`, seconds; nil: none
local deadline -- of the present one

---How much real time an `it` may take. For the runner.
---@param seconds number|nil nil: any, but a wait for the outside is limited nevertheless
function testing.limit(seconds)
  limit = seconds
  native.limit(seconds or WAIT)
  if not seconds then return end
  debug.sethook(function()
    if not deadline or native.real_now() < deadline then return end
    deadline = nil
    error(("the test took longer than %g s (--time-limit)"):format(limit), 2)
  end, "", 1000000)
end

-- The log ---------------------------------------------------------------------------------------

local logged = ""

---What the host has logged since this `it` began: one line an entry, "error: ...". Shown with a failure.
---@return string
function testing.log()
  logged = logged .. native.log_text()
  return logged
end

---Begins a new log, and counts handles anew. For the runner.
function testing.begin()
  native.log_text()
  logged = ""
  chosen, asked, lost_before = false, false, {}
  deadline = limit and native.real_now() + limit
  leftovers.begin()
end

-- The network -----------------------------------------------------------------------------------

---Answers requests of tl.http until the spec ends, without a network and on virtual time. While there is any stub, a request that
---none answers fails the spec.
---@param stub table url or pattern, method; status, headers, body, json, chunks, delay, error; or a list of answers and functions
---@return tl.HttpStub
function testing.http_stub(stub)
  return exchange.stub(stub)
end

-- Tabs ------------------------------------------------------------------------------------------

local driver
driver = {
  duplicate = function(model) -- the browser copies the session storage
    local storage, session = model.link.storage, {}
    for name, value in pairs(storage.session) do session[name] = value end
    local given = { cookie = storage.cookie, ["local"] = storage["local"], session = session }
    local opened = tab.new(driver, model.path, given, model.link.browser, model)
    open_tabs[#open_tabs + 1] = opened
    testing.settle()
    return opened
  end,
  settle = testing.settle,
  now = function() return native.now() end,
  is_up = function() return file_of_app ~= nil end,
  left = function(gone)
    for i, open in ipairs(open_tabs) do
      if open == gone then return table.remove(open_tabs, i) end
    end
  end,
  wrote = function(writer, name) -- into the local storage: the other tabs hear of it
    each_tab(function(open)
      if open ~= writer and open.link.browser == writer.link.browser then open:synced(name) end
    end)
  end,
}

-- again: in the host that follows on another, whose tokens nobody has.
local function start(file, again)
  leftovers.note()
  native.app_load(file, again)
  file_of_app = file
  blocking.watch()
end

local function load_app(file)
  if is_down then error("t.open: the host is down; open it before or after t.restart", 3) end
  if type(file) ~= "string" then error("t.open: the first argument is the path of an app's main.lua", 3) end
  if file_of_app == file then return end
  if file_of_app then
    error(("t.open: %s runs already; one `it` drives one app"):format(file_of_app), 3)
  end
  start(file)
end

-- What the new tab finds in its browser. `given` is put there before.
local function storage_of(browser, given)
  local kept = shared[browser] or { cookie = {}, ["local"] = {} }
  shared[browser] = kept
  local storage = { cookie = kept.cookie, ["local"] = kept["local"], session = {} }
  for kind, entries in pairs(given or {}) do
    if not storage[kind] or type(entries) ~= "table" then
      error(("t.open: storage has cookie, local and session, tables of values by name, not %s"):format(tostring(kind)), 3)
    end
    for name, value in pairs(entries) do storage[kind][name] = value end
  end
  return storage
end

---Opens a page in a new tab and waits until the host has nothing more to do at this instant.
---@param file string the app's main.lua, from the current folder
---@param path string|nil the page; default "/"
---@param opts { storage: { cookie: table, local: table, session: table }|nil, browser: string|nil }|nil storage: put into the browser
---before; browser: which one, by a name of yours: each has its own session and storage
---@return tl.Tab
function testing.open(file, path, opts)
  for name, value in pairs(opts or {}) do
    if name ~= "storage" and name ~= "browser" then
      error(("t.open: unknown option %s; there are storage and browser"):format(tostring(name)), 2)
    end
    if name == "browser" and type(value) ~= "string" then
      error(("t.open: browser is a name, a string, not %s"):format(kinds.describe(value)), 2)
    end
  end
  load_app(file)
  local browser = opts and opts.browser or "test"
  local opened = tab.new(driver, path or "/", storage_of(browser, opts and opts.storage), browser)
  open_tabs[#open_tabs + 1] = opened
  testing.settle()
  return opened
end

-- Restart ---------------------------------------------------------------------------------------

-- Ends the host; gives the pages that were connected.
local function shut_down()
  local connected = {}
  each_tab(function(open)
    if open.link.peer then connected[#connected + 1] = open end
  end)
  lost_before = all_lost()
  native.app_shutdown()
  leftovers.restart()
  file_of_app = nil
  each_tab(function(open) return open:pump() end)
  for _, open in ipairs(connected) do open.link:drop() end -- also where the host's word is held up
  return connected
end

---Ends the host in order, as a signal does, and starts a fresh one with the same main.lua. The pages that were connected come
---back, with the tokens of the old host.
---@param meanwhile fun()|nil called while the host is down
function testing.restart(meanwhile)
  if is_down then error("t.restart: the host is down already", 2) end
  if not file_of_app then error("t.restart: no app runs; t.open loads one", 2) end
  if meanwhile ~= nil and type(meanwhile) ~= "function" then
    error(("t.restart: what is called meanwhile is a function, got %s"):format(kinds.describe(meanwhile)), 2)
  end
  pace.settle_quietly()
  local file, pages = file_of_app, shut_down()
  is_down = true
  local ok, err = pcall(meanwhile or pace.settle_quietly)
  is_down = false
  if not ok then error(err, 0) end
  start(file, true)
  for _, open in ipairs(pages) do
    if not open.is_closed and not open.link.peer then open.link:connect(open.path) end
  end
  testing.settle()
end

-- The end of an `it` ----------------------------------------------------------------------------

-- What one of them raises keeps none of the others from being ended. Gives what was raised.
local function end_app()
  local raised = {}
  local function try(fn, ...)
    local ok, err = pcall(fn, ...)
    if not ok and err ~= raised[#raised] then raised[#raised + 1] = err end
  end
  try(testing.settle)
  each_tab(function(open) try(open.close, open) end)
  if file_of_app then try(native.app_close) end
  try(complaints.raise)
  return raised
end

---Ends the app and raises when something of it is still there. For the runner.
function testing.finish()
  local raised = end_app()
  open_tabs, file_of_app, is_down = {}, nil, false
  shared = {}
  if chosen then native.seed(0) end
  local left = leftovers.clear()
  if #left > 0 then raised[#raised + 1] = "still there at the end of the test:\n  " .. table.concat(left, "\n  ") end
  if type(raised[1]) ~= "string" and raised[1] ~= nil then error(raised[1], 0) end
  for i, err in ipairs(raised) do raised[i] = tostring(err) end
  if #raised > 0 then error(table.concat(raised, "\n"), 0) end
end

return testing
