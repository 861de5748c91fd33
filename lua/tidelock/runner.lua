--- runner.lua: `tidelock test [DIR|FILE...]`: runs busted's specs inside the host.
--
-- busted itself ends the process and runs its hooks where an app's end cannot be waited for, so this
-- is a runner of our own on busted.core. Each `it` is followed by `testing.finish`, which fails it
-- when something of the app is left. The host replaces os.exit before this module is loaded.
-- May use: arguments, coverage, luassert, native, orders, outputs, report, rerun, testing, where, busted.

local native = require "tidelock.native"
local orders = require "tidelock.orders"
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

-- The tests of these full names alone.
local function add_names(filters, names)
  for _, name in ipairs(names or {}) do filters[#filters + 1] = "^" .. name:gsub("%p", "%%%0") .. "$" end
  return filters
end

local function add_search_paths(args)
  if #args.lpath > 0 then package.path = (args.lpath .. ";" .. package.path):gsub(";;", ";") end
  if #args.cpath > 0 then package.cpath = (args.cpath .. ";" .. package.cpath):gsub(";;", ";") end
end

-- What busted's own runner makes of its options.
local function apply_options(busted, args)
  if not args["auto-insulate"] then busted.register("file", "file", {}) end
  if args.lazy then
    busted.register("setup", "lazy_setup")
    busted.register("teardown", "lazy_teardown")
  end
  busted.sort, busted.randomize = args["sort-tests"], args["shuffle-tests"]
  busted.randomseed = args.seed
  local function on_problem()
    busted.skipAll = busted.skipAll or not args["keep-going"]
    return nil, true
  end
  busted.subscribe({ "failure" }, on_problem)
  busted.subscribe({ "error" }, on_problem)
end

local function make_busted(args, tried)
  local mine = args.mine
  require("busted.languages." .. args.lang)
  local busted = require "busted.core"()
  trace_past_driver(busted)
  require "busted"(busted)
  local many = mine.schedules or mine.replay
  busted.register("it", many and orders.executor(busted, mine, tried) or executor_of_it(busted, require "tidelock.testing".finish))
  busted.register("spec", "it")
  busted.register("test", "it")
  require "tidelock.luassert".install()
  apply_options(busted, args)
  return busted
end

local function set_filters(busted, args)
  require "busted.modules.filter_loader"()(busted, {
    tags = args.tags, excludeTags = args["exclude-tags"], filter = add_names(args.filter, args.mine.name), filterOut = args["filter-out"],
    list = args.list, nokeepgoing = not args["keep-going"], suppressPending = args["suppress-pending"],
  })
end

-- Statements and a helper come before the specs. Raises what they raise.
local function run_before(busted, args)
  for _, statement in ipairs(args.e or {}) do assert(load(statement, "=-e"))() end
  if not args.helper or args.helper == "" then return end
  local ok, err = require "busted.modules.helper_loader"()(busted, args.helper, {
    verbose = args.verbose, language = args.lang, arguments = args.Xhelper,
  })
  if not ok then error(("the helper %s: %s"):format(args.helper, tostring(err)), 0) end
end

-- Outputs ---------------------------------------------------------------------------------------

local function foreign_output(busted, args)
  require "busted.modules.output_handler_loader"()(busted, args.output, {
    defaultOutput = "plainTerminal", verbose = args.verbose, suppressPending = args["suppress-pending"],
    language = args.lang, deferPrint = args["defer-print"], arguments = args.Xoutput,
  })
  local silent = { result = function() end }
  function silent.finish(counts) require "tidelock.report".print_counts(counts, io.stdout) end
  return silent
end

-- Who is told of the results. One for programs goes to standard output, or beside the usual print into the file that is named.
local function outputs_of(busted, args)
  local printer = require "tidelock.report".printer(io.stdout, args.verbose)
  if args.output == require "tidelock.arguments".DEFAULT_OUTPUT then return { printer } end
  local make = require "tidelock.outputs"[args.output:lower()]
  if not make then return { foreign_output(busted, args) } end
  local path = args.Xoutput[1]
  if not path then return { make(io.stdout) }, true end
  return { make(assert(io.open(path, "w"))), printer }
end

-- Running ---------------------------------------------------------------------------------------

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

-- What is told of the run as a whole, between its failures and its counts.
local function print_run(args, tried, counts)
  if args.mine.schedules then io.stdout:write(("%d orders, %.0f a second\n"):format(tried.orders, tried.orders / math.max(tried.time, 1e-9))) end
  if counts.failed > 0 and (args["shuffle-tests"] or args["shuffle-files"]) then
    io.stdout:write(("shuffled: --seed %d gives this order again\n"):format(args.seed))
  end
end

-- What the run covered is told by the function that this gives.
local function start_coverage(args)
  local asked = args.mine.coverage
  if not asked then return function() end end
  return require "tidelock.coverage".start(asked == true and "coverage.out" or asked)
end

local function run_specs(args)
  local tried = { orders = 0, time = 0 }
  local busted = make_busted(args, tried)
  local outputs, only_for_programs = outputs_of(busted, args)
  local finish_coverage = start_coverage(args)
  local started = native.real_now()
  run_before(busted, args)
  set_filters(busted, args)
  local counts = require "tidelock.report".subscribe(busted, outputs)
  run_all(busted, args)
  if args.list then return counts end
  finish_coverage(not only_for_programs and io.stdout or nil)
  if not only_for_programs then print_run(args, tried, counts) end
  for _, output in ipairs(outputs) do output.finish(counts, native.real_now() - started) end
  return counts
end

-- Goes to the folder of -C, and gives a seed where none was given.
local function prepare(args)
  if args.directory ~= "" and args.directory ~= "." then assert(require "pl.path".chdir(args.directory)) end
  add_search_paths(args)
  args.seed = math.tointeger(tonumber(args.seed)) or require "busted.utils".urandom() or os.time()
  require "tidelock.testing".limit(args.mine["time-limit"])
end

local function without_watch(args)
  local rest = {}
  for _, arg in ipairs(args) do
    if arg ~= "--watch" then rest[#rest + 1] = arg end
  end
  return rest
end

---Runs the specs. Prints failures as they come and last the line `N passed, N failed`.
---@param args string[] as on the command line: folders, files, options
---@return integer code the exit code: 0 when all passed, 1 when something failed, 2 where nothing could be run: for arguments that are
---wrong, a helper that fails
---@return { passed: integer, failed: integer, pending: integer }|nil counts
function runner.run(args)
  add_path(BUSTED_PATHS)
  local parsed, message, is_help = require "tidelock.arguments".parse(args)
  if not parsed then
    local out = is_help and io.stdout or io.stderr
    out:write(message, "\n")
    return is_help and 0 or 2
  end
  if parsed.mine.watch then return require "tidelock.rerun".run(without_watch(args), parsed) end
  local ok, counts = xpcall(function()
    prepare(parsed)
    return run_specs(parsed)
  end, function(err) return type(err) == "string" and err or debug.traceback(tostring(err)) end)
  if not ok then
    io.stderr:write("tidelock test: ", counts, "\n")
    return 2
  end
  return counts.failed == 0 and 0 or 1, counts
end

return runner
