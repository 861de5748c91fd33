-- threaded.lua: what work_spec.lua runs in threads, and what it compares that with.
local threaded = {}

function threaded.echo(...) return ... end
function threaded.count(...) return select("#", ...), ... end
function threaded.fib(n) return n < 2 and n or threaded.fib(n - 1) + threaded.fib(n - 2) end
function threaded.fail(value) error(value) end
function threaded.fail_at() error "on purpose" end
function threaded.exit() os.exit(3) end
function threaded.globals()
  local before = threaded_global -- luacheck: ignore
  threaded_global = (before or 0) + 1 -- luacheck: ignore
  return before
end
function threaded.wait(seconds) return os.execute(("sleep %s"):format(seconds)) end
function threaded.slow_echo(seconds, ...)
  threaded.wait(seconds)
  return ...
end
function threaded.touch(path)
  local file = assert(io.open(path, "a"))
  file:write "x"
  file:close()
end
function threaded.forever() while true do pcall(threaded.forever_inside) end end
function threaded.forever_inside() while true do end end
function threaded.in_coroutine() return coroutine.wrap(threaded.forever)() end
function threaded.eat()
  local all = {}
  for i = 1, 1e9 do all[i] = ("x"):rep(1000) .. i end
end
function threaded.host() return require "tidelock" end
function threaded.bad(kind)
  local cycle = {}
  cycle.self = cycle
  return 1, ({
    fn = { a = { print } }, coroutine = coroutine.create(print), cycle = cycle, mixed = { 1, a = 2 }, hole = { 1, nil, 3 },
    inf = { 1, math.huge }, file = { out = io.stdout }, key = { [true] = 1 }, sparse = { 1, 2, nil, 4, [7] = 1 },
  })[kind]
end

return threaded
