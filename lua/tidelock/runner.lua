--- runner.lua: `tidelock test [DIR|FILE...]`: runs busted's specs inside the host.
--
-- busted itself ends the process and runs its hooks where an app's end cannot be waited for, so this
-- is a runner of our own on busted.core. Each `it` is followed by `testing.finish`, which fails it
-- when something of the app is left. The host replaces os.exit before this module is loaded.
-- May use: luassert, orders, report, schedules, testing, where, busted.

local orders = require "tidelock.orders"
local schedules = require "tidelock.schedules"
local where = require "tidelock.where"

where.register()

local runner = {}

local BUSTED_PATHS = "/usr/share/lua/5.4/?.lua;/usr/share/lua/5.4/?/init.lua;"
  .. "/usr/share/lua/5.1/?.lua;/usr/share/lua/5.1/?/init.lua"

local function add_path(paths)
  for path in paths:gmatch "[^;]+" do
    if not (";" .. package.path .. ";"):find(";" .. path .. ";", 1, true) then
      package.path = package.path .. ";" .. path
    end
  end
end

-- Arguments -------------------------------------------------------------------------------------

local no_default_output = "tidelock"

-- Options of our own: how each takes its value. A value that is none gives nil.
local own = {
  schedules = { "N", "run each test in N random orders of what is ready, besides the ordinary one", function(text)
    local n = math.tointeger(tonumber(text))
    return n and n >= 0 and n or nil
  end },
  ["time-limit"] = { "SECONDS", "real time that a test may take", function(text)
    local seconds = tonumber(text)
    return seconds and seconds > 0 and seconds < math.huge and seconds or nil
  end },
  replay = { "ORDER", "run each test in this one order, as a failure names it: 17, or 4:1,9:2", schedules.parse },
}

-- Takes our own options out of the arguments; the rest is busted's.
local function take_own(args)
  local mine, rest, i = {}, {}, 1
  while i <= #args do
    local name, value = args[i]:match "^%-%-([%w-]+)=?(.*)$"
    local option = name and own[name]
    if option then
      if not args[i]:find("=", 1, true) then
        i = i + 1
        value = args[i] or ""
      end
      mine[name] = option[3](value)
      if mine[name] == nil then return nil, ("tidelock test: --%s %s: %q is none"):format(name, option[1], value) end
    else
      rest[#rest + 1] = args[i]
    end
    i = i + 1
  end
  return mine, rest
end

local function parse(args)
  local cli = require "busted.modules.cli" { output = no_default_output }
  cli:set_name "tidelock test"
  return cli:parse(args)
end

local function own_help()
  local lines = { "\nOF TIDELOCK'S OWN:" }
  for name, option in pairs(own) do lines[#lines + 1] = ("  %-28s %s"):format(("--%s=%s"):format(name, option[1]), option[2]) end
  table.sort(lines)
  return table.concat(lines, "\n")
end

-- busted's parser gives its help as an error.
local function help_in(err)
  local help = err:match "^tidelock test: error: (Usage: .*); re%-run with %-%-help for usage%.$"
  return help and help .. own_help()
end

-- Tells what is wrong with the arguments, or the help that they asked for.
local function explain(err)
  local help = help_in(err)
  local out = help and io.stdout or io.stderr
  out:write(help or err, "\n")
  return help ~= nil
end

-- it --------------------------------------------------------------------------------------------

-- busted publishes a test's end before its after_each. Here it comes last, so that after_each still
-- sees the app, and what is left of the app counts against the test.
local function executor_of_it(busted, finish)
  local block = require "busted.block"(busted)

  local function run(element, parent)
    local finally
    element.env = element.env or {}
    block.rejectAll(element)
    element.env.finally = function(fn) finally = fn end
    element.env.pending = busted.pending
    local status = busted.status "success"
    if not busted.safe_publish("test", { "test", "start" }, element, parent) then return busted.status "error" end
    status:update(busted.safe("it", element.run, element))
    if finally then
      block.reject("pending", element)
      status:update(busted.safe("finally", finally, element))
    end
    return status
  end

  return function(element)
    local parent = busted.context.parent(element)
    if not block.lazySetup(parent) then return end
    local pass, ancestor = block.execAll("before_each", parent, true)
    local status = pass and run(element, parent) or busted.status "error"
    block.dexecAll("after_each", ancestor, true)
    status:update(busted.safe("it", finish, element))
    if pass then busted.safe_publish("test", { "test", "end" }, element, parent, tostring(status)) end
  end
end

-- Loading ---------------------------------------------------------------------------------------

-- An error that the driver raises is about the line of the spec that called it.
local function trace_past_driver(busted)
  local trace = busted.getTrace
  function busted.getTrace(element, level, message)
    level = level or 3
    local info = debug.getinfo(level, "S")
    while info and (info.what == "C" or where.is_ours(info)) do
      level = level + 1
      info = debug.getinfo(level, "S")
    end
    return (trace(element, level + 1, message))
  end
end

local function make_busted(args, mine, tried)
  require("busted.languages." .. args.lang)
  local busted = require "busted.core"()
  require "busted.modules.filter_loader"()(busted, {
    tags = args.tags, excludeTags = args["exclude-tags"], filter = args.filter, filterOut = args["filter-out"],
    list = args.list, nokeepgoing = not args["keep-going"], suppressPending = args["suppress-pending"],
  })
  trace_past_driver(busted)
  require "busted"(busted)
  local many = mine.schedules or mine.replay
  busted.register("it", many and orders.executor(busted, mine, tried) or executor_of_it(busted, require "tidelock.testing".finish))
  busted.register("spec", "it")
  busted.register("test", "it")
  require "tidelock.luassert".install()
  busted.sort, busted.randomize = args["sort-tests"], args["shuffle-tests"]
  busted.randomseed = tonumber(args.seed) or os.time()
  return busted
end

-- Another output than our own (-o) is busted's; then ours only counts.
local function set_output(busted, args)
  if args.output == no_default_output then return false end
  require "busted.modules.output_handler_loader"()(busted, args.output, {
    defaultOutput = "plainTerminal", verbose = args.verbose, suppressPending = args["suppress-pending"],
    language = args.lang, deferPrint = args["defer-print"], arguments = args.Xoutput,
  })
  return true
end

local function run_all(busted, args)
  local load = require "busted.modules.test_file_loader"(busted, { "lua" })
  load(args.ROOT, args.pattern, {
    excludes = args["exclude-pattern"], verbose = args.verbose, recursive = args.recursive,
  })
  require "busted.execute"(busted)(args["repeat"], {
    seed = args.seed, shuffle = args["shuffle-files"], sort = args["sort-files"],
  })
  busted.publish { "exit" }
end

---Runs the specs. Prints failures as they come and last the line `N passed, N failed`.
---@param args string[] as on the command line: folders, files, busted's options
---@return integer code the exit code: 0 when all passed, 1 when something failed, 2 for arguments that are wrong
---@return { passed: integer, failed: integer, pending: integer } counts
function runner.run(args)
  add_path(BUSTED_PATHS)
  local counts, tried = { passed = 0, failed = 0, pending = 0 }, { orders = 0, time = 0 }
  local mine, rest = take_own(args)
  local parsed, err = nil, rest
  if mine then parsed, err = parse(rest) end
  if not parsed then return explain(err) and 0 or 2, counts end
  require "tidelock.testing".limit(mine["time-limit"])
  local busted = make_busted(parsed, mine, tried)
  local report = require "tidelock.report"
  local foreign = set_output(busted, parsed)
  counts = report.subscribe(busted, io.stdout, { silent = foreign, verbose = parsed.verbose })
  run_all(busted, parsed)
  if mine.schedules and not foreign then
    io.stdout:write(("%d orders, %.0f a second\n"):format(tried.orders, tried.orders / math.max(tried.time, 1e-9)))
  end
  report.finish(counts, io.stdout)
  return counts.failed == 0 and 0 or 1, counts
end

return runner
