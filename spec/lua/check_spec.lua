-- check_spec.lua: `tidelock check`: what it finds, where, in which words; and what it keeps silent about.
--
-- A line of a source that ends in `--> 12: words` has a finding in column 12 whose message has these words; `-->` may stand
-- twice. A source has these findings and no others. Each begins with the state Job, in three lines more.
local check = require "tidelock.check"

local BEGIN <const> = [[
local tl = require "tidelock"
local ui = tl.ui
local Job = tl.state("Job", { counter = 0, running = false, text = "", items = tl.list {}, limits = tl.map {}, _n = 0 })
]]

local folder = os.tmpname()
os.remove(folder)

setup(function() assert(os.execute(("mkdir -p '%s/part'"):format(folder))) end)
teardown(function() os.execute(("rm -rf '%s'"):format(folder)) end)

local function write(name, text)
  local path = folder .. "/" .. name
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  return path
end

local function expected_in(text)
  local out, line = {}, 0
  for source in (text .. "\n"):gmatch "(.-)\n" do
    line = line + 1
    for col, words in source:gmatch "%-%-> (%d+): (.-)%f[%-\0]%f[\0-]" do
      out[#out + 1] = { line = line, col = tonumber(col), words = words:match "^(.-)%s*$" }
    end
  end
  return out
end

local function described(findings)
  local out = {}
  for i, finding in ipairs(findings) do out[i] = ("  %d:%d: %s"):format(finding.line, finding.col, finding.message) end
  return #out > 0 and table.concat(out, "\n") or "  nothing"
end

local function assert_findings(text, findings)
  local expected = expected_in(text)
  for i = 1, math.max(#expected, #findings) do
    local found, want = findings[i], expected[i]
    if not (found and want and found.line == want.line and found.col == want.col and found.message:find(want.words, 1, true)) then
      local wanted = want and ("%d:%d: %s"):format(want.line, want.col, want.words) or "nothing"
      error(("finding %d: expected %s; found\n%s"):format(i, wanted, described(findings)), 0)
    end
  end
end

local function without_unstarted(findings)
  local out = {}
  for _, finding in ipairs(findings) do
    if not finding.message:find "^nothing starts" then out[#out + 1] = finding end
  end
  return out
end

-- Handlers of these sources need no page: what nothing starts is looked for further down.
local function finds(title, text)
  it(title, function()
    text = BEGIN .. text
    assert_findings(text, without_unstarted(check.app(write("main.lua", text))))
  end)
end

describe("a state that extends another, or uses a mixin:", function()
  local TOP <const> = [[
function Job:start() end
Job.sum = tl.computed(function(self) return self.counter end)
local Pager = tl.mixin { page = 1 }
function Pager:turn() self.page = self.page + 1 end
local Tour = tl.state("Tour", { stops = tl.list {}, Pager }, { extends = Job })
]]

  finds("what it has from there is known", TOP .. [[
function Tour:go() self.counter = self.sum + self.page self:start() self:turn() return { Tour.start, Tour.turn } end
Tour.late = tl.background(function(self) self.counter = 1 end) --> 47: self.counter is written outside of a block
tl.page("/", {}, function() return ui.main { ui.p { Tour.counter, Tour.page } } end)]])
  finds("what it does not have", TOP .. [[
function Tour:go() self.conuter = 1 end --> 25: self.conuter is not declared in Tour; did you mean self.counter?
function Tour:back() self:strat() end --> 27: self:strat is not declared in Tour; did you mean self:start?
function Tour:up() self.sum = 1 end --> 25: self.sum is derived from other vars by tl.computed
function Tour:on() self.paeg = 1 end --> 25: did you mean self.page?]])
  finds("in an app that does not load", [[
local Tour = tl.state("Tour", { stops = 1 }, { extends = Job })
function Tour:go() self.counter, self.stosp = 1, 2 end --> 39: did you mean self.stops?
tl.stat() --> 4: there is no tl.stat]])
  finds("functions of a mixin, where a state uses it", [[
local Pager = tl.mixin {
  page = 1,
  whole = tl.computed(function(self) return self.pgae end), --> 50: self.pgae is not declared in Tour; did you mean self.page?
  turn = function(self) self.stops = self.whole self.staps = 1 end, --> 54: did you mean self.stops?
  count = tl.background(function(self)
    self.page = 1 --> 10: self.page is written outside of a block
    tl.with_state(self, function() self.page = 2 end)
  end),
}
function Pager:back() self:trun() end --> 28: did you mean self:turn?
Pager.late = tl.background(function(self) self.page = 2 end) --> 48: self.page is written outside of a block
Pager.both = tl.computed(function(me) return me.pag end) --> 49: me.pag is not declared in Tour; did you mean me.page?
function Pager:go() self:count() end --> 26: self:count is a background task, which is not called; start it by `return Tour.count`
tl.state("Tour", { Pager, stops = 5 })]])
  finds("functions of a mixin that several states use", [[
local Marked = tl.mixin { marks = 0 }
function Marked:mark() self.marks, self.page, self.title, self.stop = 1, 2, 3, 4 end --> 64: self.stop is not declared in Plan, Tour; did you mean self.stops?
function Marked:whole() self.all = 5 end
function Marked:start() self.work() self:work() end
local Pager = tl.mixin { Marked, page = 1 }
tl.state("Tour", { Pager, stops = 5, all = 1 })
local Plan = tl.state("Plan", { title = "" }, { mixins = { Pager } })
function Plan:all() end
function Plan:work() end
tl.state("Last", { work = "" })]])
  finds("functions of a mixin that no state uses, or of an app that does not load", [[
local Pager = tl.mixin { page = 1 }
function Pager:turn() self.page, self.anything = 1, 2 end
Pager.late = tl.background(function(self) self.page = 2 end) --> 48: self.page is written outside of a block
tl.stat() --> 4: there is no tl.stat]])
  finds("a mixin of an app that does not load", [[
local Tour = tl.state("Tour", { tl.mixin { page = 1 } }, { extends = Job })
function Tour:go() self.page = 1 end
tl.stat() --> 4: there is no tl.stat]])
end)

describe("names of a state:", function()
  finds("a var that is read", [[function Job:go() return self.conuter end --> 31: self.conuter is not declared in Job; did you mean self.counter?]])
  finds("a var that is written", [[function Job:go() self.runing = true end --> 24: did you mean self.running?]])
  finds("the first step of a path", [[function Job:go() self.limit.low = 1 end --> 24: did you mean self.limits?]])
  finds("a name that is like no other", [[function Job:go() return self.weather end --> 31: Job has _n, counter, go, items, limits, running, text]])
  finds("a handler that is called", [[
function Job:start() end
function Job:go() self:strat() end --> 24: self:strat is not declared in Job; did you mean self:start?]])
  finds("a handler that is returned", [[
function Job:start() end
function Job:go() return Job.strat end --> 30: Job.strat is not declared in Job; did you mean Job.start?]])
  finds("a var of the class in a function that nothing calls", [[
local function line() return ui.p { Job.cuonter } end --> 41: did you mean Job.counter?
_G.line = line]])
  finds("in background tasks, blocks, computed vars", [[
Job.double = tl.computed(function(self) return self.conter * 2 end) --> 53: did you mean self.counter?
Job.work = tl.background(function(self)
  tl.with_state(self, function() self.runing = true end) --> 39: self.runing
  self:with_state(function(job) job.runing = true end) --> 37: job.runing is not declared in Job; did you mean job.running?
  local _ <close> = tl.lock(self)
  self.countr = 1 --> 8: self.countr
end)]])
  finds("in a state that is found by its token", [[tl.spawn(function(token)
  tl.modify_state(token, Job, function(state) state.txt = "" end) --> 53: did you mean state.text?
end, "none")]])
  finds("in another state of the tab", [[
local Log = tl.state("Log", { lines = 0 })
function Log:go() return self:get_state(Job).countr end --> 46: (...).countr is not declared in Job
function Log:went() return self:get_state("Job").lines end --> 50: (...).lines is not declared in Job]])
  finds("a state's name", [[function Job:go() return self:get_state "Jbo" end --> 41: there is no state "Jbo"; did you mean Job?]])
  finds("a state's name for modify_state", [[
tl.spawn(function(token) tl.modify_state(token, "Jobs", print) end, "none") --> 49: there is no state "Jobs"]])
  finds("a state's variable", [[function Job:go() return Jbo.go end --> 26: there is no variable Jbo; did you mean Job?]])
  finds("a handler where a var would be assigned", [[
function Job:start() end
function Job:go() self.start = true end --> 24: self.start is a handler, and cannot be assigned]])
  finds("a computed var where one is assigned", [[
Job.double = tl.computed(function(self) return self.counter * 2 end)
function Job:go() self.double = 4 end --> 24: self.double is derived from other vars by tl.computed, and cannot be assigned]])
  finds("a background task that is called", [[
Job.work = tl.background(function() end)
function Job:go() self:work() end --> 24: self:work is a background task, which is not called; start it by `return Job.work`]])
  finds("a var that is called", [[function Job:go() self:counter() end --> 24: self:counter is a var, not a function]])
  finds("an event that is called with the class", [[
function Job:add() end
function Job:go() return Job:add(5) end --> 30: Job:add(...) is no call: with a dot, Job.add(...)]])
  finds("a method where an event is needed", [[
function Job:_count() end
function Job:go() return Job._count end --> 30: names with _ are methods, which no event reaches]])
  finds("by other names of self and of the class", [[
local Work = Job
function Work.go(me)
  local same = me
  return same.conuter --> 15: same.conuter is not declared in Job
end]])
end)

describe("names of tl, ui and globals:", function()
  finds("a function of tl", [[function Job:go() tl.with_sate(self, print) end --> 22: there is no tl.with_sate; did you mean tl.with_state?]])
  finds("tl.json and tl.http", [[function Job:go() return tl.json.encoed(1), tl.http.gte() end --> 34: tl.json.encode? --> 53: no tl.http.gte]])
  finds("an element", [[_G.part = function() return ui.buton "Go" end --> 32: HTML has no element `buton`; did you mean ui.button?]])
  finds("a branch", [[_G.part = function() return ui.foreeach(Job.items, print) end --> 32: did you mean ui.foreach?]])
  finds("a global", [[function Job:go() pritn "x" end --> 19: there is no variable pritn]])
  finds("nothing of what is there", [[
limit = 3
_G.other = 4
function Job:go()
  print(limit, other, string.rep("x", 3), ui.var, ui.cond, self.router.path, Job:setter "text")
  return tl.toast "x"
end]])
end)

describe("Vars that Lua would decide on:", function()
  local function in_page(title, text)
    finds(title, "local function page()\n" .. text .. "\nend\n_G.page = page")
  end
  in_page("if", [[if Job.running then return ui.p "on" end --> 1: `if` on the Var Job.running: this is decided once]])
  in_page("elseif", [[if print then return 1 elseif Job.running then return 2 end --> 24: `if` on the Var Job.running]])
  in_page("not", [[return ui.p { hidden = not Job.running } --> 24: `not` on the Var Job.running: this is decided once]])
  in_page("and", [[return ui.p { Job.running and "on" } --> 27: not by what a tab's value is; write a & b for two truths, ui.cond(]])
  in_page("or", [[return ui.p { Job.text or "none" } --> 24: var:default(x)]])
  in_page("==", [[return ui.p { Job.counter == 5 and "five" } --> 27: `==` on the Var Job.counter]])
  in_page("~= with the Var on the right", [[return ui.p { class = { five = 5 ~= Job.counter } } --> 34: write a:ne(b)]])
  in_page("<", [[return ui.p { Job.counter < 5 } --> 27: write a:lt(b)]])
  in_page("while", [[while Job.running do print(1) end --> 1: `while` on the Var Job.running]])
  in_page("repeat", [[repeat print(1) until Job.running --> 1: `until` on the Var]])
  in_page("ipairs", [[for _, item in ipairs(Job.items) do print(item) end --> 16: `ipairs` on the Var Job.items: this is decided once]])
  in_page("string.format", [[return ui.p(string.format("%d of %d", 1, Job.counter)) --> 20: `string.format` on the Var Job.counter]])
  in_page("what is made of Vars", [[
local left = (Job.counter + 1) * 2
if left == 4 then print(left) end --> 9: `==` on the Var ((Job.counter + ...) * ...)
if Job.items[1].done then print(left) end --> 1: `if` on the Var Job.items
return not Job.text:upper() --> 8: `not` on the Var Job.text]])
  in_page("an element and its position", [[
return ui.foreach(Job.items, function(item, position)
  if position == 1 then return ui.b(item.name) end --> 15: `==` on the Var position
  return item.done and ui.s(item.name) --> 20: `and` on the Var item
end)]])
  in_page("what a trigger brings", [[
return ui.input { on_change = function(text) return text == "" and Job.go end } --> 58: `==` on the Var text --> 72: Job.go is not declared]])
  in_page("in words for where the value is at hand", [[
function Job:go()
  if Job.running then self.counter = 1 end --> 3: here the tab's value is self.running
end]])
  in_page("nothing of what is meant so", [[
local wide = os.getenv "WIDE" and true or false
local name = wide and Job.text or Job.counter
return ui.p { name, wide and ui.b(Job.text) or nil, class = { on = ~Job.running & Job.counter:gt(3), many = (#Job.items):gt(2) },
  ui.cond(Job.running, "on", "off"), Job.text:default "none", Job.counter .. " of " .. 5, -Job.counter }]])
  in_page("nothing of parameters, whatever they are called with", [[
local function line(v) return v and ui.p { v } or nil end
return ui.div { line(Job.text), line(nil), ui.foreach(Job.items, line) }]])
end)

describe("writes outside of a block:", function()
  local function in_task(title, text)
    finds(title, "Job.work = tl.background(function(self)\n" .. text .. "\nend)")
  end
  in_task("a var", [[self.counter = 1 --> 6: self.counter is written outside of a block, which raises ImmutableStateError; write it in tl.with_state]])
  in_task("a backend var, and one of several targets", [[local x; x, self._n = 1, 2 --> 18: self._n is written outside]])
  in_task("a nested value", [[self.limits.low.least = 1 --> 17: self.limits[...] is written outside]])
  in_task("an element", [[self.items[1] = "a" --> 12: self.items[...] is written outside]])
  in_task("by a list's methods", [[self.items:push "a" --> 12: self.items is written outside]])
  in_task("by table's functions", [[
table.insert(self.items, 1) --> 7: self.items is written
table.sort(self.items) --> 7: self.items is written
table.move(self.items, 1, 2, 3) --> 7: self.items is written
table.move(self.items, 1, 2, 3, {})]])
  in_task("by tl.append and reset", [[
tl.append(self, "text", "x") --> 4: self.text is written
self:reset() --> 6: all of self]])
  in_task("through a local name", [[local list = self.items list:clear() --> 30: self.items is written]])
  in_task("in loops, branches, after a block", [[
while self.running do
  local go = tl.with_state(self, function() self.counter = 1 return true end)
  if go then self.counter = 2 end --> 19: self.counter is written
end]])
  in_task("after the block of a lock", [[
do
  local _ <close> = tl.lock(self)
  self.counter = 1
end
self.counter = 2 --> 6: self.counter is written]])
  in_task("in a function that runs here and now", [[
pcall(function() self.counter = 1 end) --> 23: self.counter is written
tl.timeout(1, function() self.counter = 2 end); --> 31: self.counter is written
(function() self.counter = 3 end)() --> 18: self.counter is written]])
  in_task("in the children of gather, also inside of a block", [[
tl.with_state(self, function() tl.gather(function() self.counter = 1 end) end) --> 58: self.counter is written]])
  in_task("in what tl.defer runs", [[local _ <close> = tl.defer(function() self.running = false end) --> 44: self.running is written]])
  finds("in a task that a handler spawns", [[function Job:go() tl.spawn(function() self.counter = 1 end) end --> 44: self.counter is written]])
  finds("in a task's function that has a name", [[
local function work(self) self.counter = 1 end --> 32: self.counter is written
Job.work = tl.background(work)]])
  in_task("nothing of what is in a block", [[
tl.with_state(self, function() self.counter, self.items[1] = 1, 2 end)
self:with_state(function(job) job.items:push(1) table.insert(self.items, 2) end)
local function step() self.counter = 3 end
tl.with_state(self, step)
local _ <close> = tl.defer(function() tl.with_state(self, function() self.running = false end) end)
pcall(tl.with_state, self, function() self.counter = 4 end)
local lock <close> = tl.lock(self)
self.counter = 5
pcall(function() self.counter = 6 end)
for i = 1, 3 do self.items:push(i) end]])
  in_task("nothing of what only reads, or writes elsewhere", [[
local own = { n = 1, items = {} }
own.n = self.counter + #self.items
table.insert(own.items, self.text)
own.items[1] = self.items[1]
for _, item in ipairs(self.items) do own.n = own.n + #item end]])
  finds("nothing of handlers and of functions whose caller is not seen", [[
function Job:go() self.counter = 1 self.items:push(1) end
local function step(job) job.counter = 1 end
Job.work = tl.background(function(self) tl.with_state(self, step) tl.with_state(self, function() step(self) end) end)]])
end)

describe("blocks:", function()
  finds("one in another", [[
Job.work = tl.background(function(self)
  tl.with_state(self, function()
    tl.with_state(self, function() end) --> 8: a block inside of a block raises ImmutableStateError
    self:with_state(function() end) --> 10: a block inside of a block
  end)
  local _ <close> = tl.lock(self)
  tl.with_state(self, function() end) --> 6: a block inside of a block
end)]])
  finds("a sleep that keeps the lock", [[
Job.work = tl.background(function(self)
  tl.with_state(self, function() tl.sleep(1) end) --> 37: tl.sleep inside of a block keeps the tab's lock
  tl.sleep(1)
end)
function Job:go() tl.sleep(1) end]])
end)

describe("events and effects that are dropped:", function()
  finds("by a handler, a block, a page; not what is returned, yielded or kept", [[
Job.work = tl.background(function(self, n)
  tl.with_state(self, function()
    self.counter = n
    Job.work(n - 1) --> 9: Job.work(...) alone does nothing; `return` it, or give it to coroutine.yield
  end)
  coroutine.yield(Job.work(5), tl.toast "on")
end)
function Job:go()
  Job.work(5) --> 7: Job.work(...) alone does nothing
  tl.toast "Saved" --> 6: tl.toast(...) alone does nothing
  tl.expose(Job.go)
  local more = { Job.work(1) }
  more[2] = tl.focus "name"
  tl.cancel(self, Job.work(2))
  return more
end
tl.page("/", {}, function()
  Job.go() --> 7: Job.go(...) alone does nothing
  return ui.main { ui.button { "Go", on_click = Job.go } }
end)
]])
end)

describe("handlers that nothing starts:", function()
  local function started(title, text)
    it(title, function()
      text = BEGIN .. text
      assert_findings(text, (check.app(write("main.lua", text))))
    end)
  end
  started("are told with the way out", [[
function Job:go() end --> 14: nothing starts Job.go: no page offers it, and no handler returns it; give it to a trigger, tl.expose(Job.go)
Job.work = tl.background(function() end) --> 5: nothing starts Job.work
Job.set_text = Job:setter "text" --> 5: nothing starts Job.set_text]])
  started("are not those of pages, of tl.expose, of other handlers", [[
function Job:a() return Job.b end
function Job:b() coroutine.yield(Job.c) self:d() end
Job.c = tl.background(function() end)
function Job:d() end
function Job:e() end
function Job:f() end
function Job:_g() end
function Job:h() end
Job.set_text = Job:setter "text"
tl.expose(Job.e)
tl.page("/", { on_load = Job.h }, function()
  return ui.main { ui.button { "Go", on_click = { Job.a, function() return Job.f end } }, ui.input { on_input = Job.set_text } }
end)]])
  started("are not those that a page finds by a name", [[
for i = 1, 3 do Job["step" .. i] = function() end end
tl.page("/", function()
  local buttons = {}
  for i = 1, 2 do buttons[i] = ui.button { "Step", on_click = Job["step" .. i] } end
  return ui.main(buttons)
end)]])
end)

describe("an app", function()
  it("of several files is checked in all of them", function()
    write("jobs.lua", [[
local tl = require "tidelock"
local Job = tl.state("Job", { counter = 0 })
function Job:go() self.conuter = 1 end
return Job]])
    write("part/init.lua", [[
local Job = require "jobs"
return { line = function() return Job.cuonter end }]])
    local main = write("main.lua", [[
local tl = require "tidelock"
local Job, part = require "jobs", require "part"
function Job:more() return Job.og, part.line end
tl.page("/", function() return tl.ui.button { "Go", on_click = { Job.go, Job.more } } end)]])
    local findings, files = check.app(main)
    local places = {}
    for i, finding in ipairs(findings) do places[i] = finding.path:match "[^/]+/?[^/]*$":gsub("^.*/(%a+%.lua)$", "%1") .. ":" .. finding.line end
    assert.same({ "jobs.lua:3", "main.lua:3", "init.lua:2" }, places)
    assert.equal(3, files)
  end)

  it("that does not load is told so, with what can be seen nevertheless", function()
    local text = BEGIN .. [[
function Job:go() self.conuter = 1 end --> 24: did you mean self.counter?
error "no settings" --> 1: the app does not load: no settings]]
    assert_findings(text, (check.app(write("main.lua", text))))
  end)

  it("is told once of what it stumbles over", function()
    local text = BEGIN .. [[
tl.page("/", function() return ui.p { Job.cuonter } end) --> 43: Job.cuonter is not declared in Job; did you mean Job.counter?]]
    assert_findings(text, (check.app(write("main.lua", text))))
  end)

  it("that is no Lua is told where", function()
    local text = BEGIN .. [[
function Job:go( self.counter = 1 end --> 22: `)` is expected, not `.`]]
    assert_findings(text, (check.app(write("main.lua", text))))
  end)

  it("is ended when it has been looked at", function()
    local main = write("main.lua", BEGIN .. "tl.spawn(function() tl.sleep(1000) end)")
    assert.same({}, (check.app(main)))
    assert.same({}, require "tidelock".tasks())
    assert.same({}, (check.app(main)))
  end)
end)
