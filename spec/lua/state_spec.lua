-- state_spec.lua: declaring states, and reading and writing vars: manual section 1.
local tl, t = require "tidelock", require "tidelock.testing"
local native = require "tidelock.native"
local probe = require "spec.lua.support.probe"
local raises = probe.raises

local APP = "spec/lua/apps/state.lua"

local function open() return t.open(APP, "/") end

describe("declaring a state", function()
  -- The text of a main.lua, loaded as an app of its own.
  local function refuses(problem, text)
    raises(problem, probe.load, text)
  end

  -- holds: state.name, state.unique
  it("takes an identifier, once", function()
    refuses("is an identifier", 'tl.state("two words", {})')
    refuses('the state "Job" is declared twice', 'tl.state("Job", {}) tl.state("Job", {})')
  end)

  -- holds: state.reserved.var
  it("refuses reserved names for vars and handlers", function()
    for _, name in ipairs { "reset", "get_token", "get_state", "with_state", "router", "setter", "tasks" } do
      refuses(("Job.%s: this name is reserved"):format(name), ('tl.state("Job", { %s = 1 })'):format(name))
    end
    refuses("Job.reset: this name is reserved", 'local Job = tl.state("Job", {}) function Job:reset() end')
  end)

  it("refuses a member that is there already", function()
    refuses("Job.add is declared twice", 'local Job = tl.state("Job", { add = 1 }) function Job:add() end')
  end)

  it("refuses what cannot be a default, with its path", function()
    refuses("Job.items[2].f: a function cannot be kept", 'tl.state("Job", { items = { 1, { f = print } } })')
    refuses("Job.add: a handler is assigned after tl.state", 'tl.state("Job", { add = function() end })')
    refuses('Job.n is declared with type="integer" and was given a string', 'tl.state("Job", { n = tl.var { type = "integer", default = "x" } })')
  end)

  -- holds: state.class.assign
  it("refuses any assignment to the class but functions, computed vars, tasks and setters", function()
    refuses("Job.x: a class takes functions", 'local Job = tl.state("Job", {}) Job.x = 5')
    refuses("Job.max: a class takes functions", 'local Job = tl.state("Job", { max = 1 }) Job.max = 5')
  end)

  -- holds: state.class.read
  it("lists what there is when an undeclared member is read", function()
    refuses("Job.strat is not declared (so far); did you mean Job.start? Job has: max, start",
      'local Job = tl.state("Job", { max = 1 }) function Job:start() end local x = Job.strat')
  end)

  it("tells of a method of the instance that it is no event", function()
    refuses("Job.reset: reset is a method of each instance, no event; call self:reset(...) in a handler of your own",
      'local Job = tl.state("Job", {}) local x = Job.reset')
  end)

  it("refuses options that it does not know", function()
    refuses('tl.computed: unknown option "chache"; there is backend, cache, interval', 'tl.computed(print, { chache = false })')
    refuses('tl.var: unknown option "defualt"; there is default, in_client, max_age', 'tl.state("Job", { x = tl.var { defualt = 1 } })')
    refuses('tl.background: unknown option "polcy"', 'local Job = tl.state("Job", {}) Job.w = tl.background(print, { polcy = "drop" })')
  end)

  -- holds: state.late
  it("happens while main.lua loads, not later", function()
    open()
    raises("while main.lua loads", tl.state, "Late", {})
    raises("while main.lua loads", function() function probe.Job:late() end end)
  end)
end)

describe("a var", function()
  -- holds: state.instance, state.var.nil
  it("starts with its default, which tabs do not share", function()
    local one, two = open(), open()
    probe.inside(one, function(self)
      assert.equal(10, self.max)
      assert.is_nil(self.result)
      self.items:push { title = "a" }
    end)
    probe.inside(two, function(self) assert.equal(0, #self.items) end)
  end)

  -- holds: state.var.public
  it("keeps and sends what is assigned", function()
    local tab = open()
    probe.inside(tab, function(self)
      self.counter = self.counter + 3
      assert.equal(3, self.counter)
    end)
    assert.equal(3, tab:state "Job".counter)
    assert.equal("3/10", tab:text "h1")
  end)

  -- holds: assign.same, assign.kind
  it("sends nothing when the same is assigned again, or 5.0 over 5", function()
    local tab = open()
    probe.inside(tab, function(self) self.counter, self.any = 5, 5 end)
    local before = #tab:deltas()
    probe.inside(tab, function(self)
      self.counter, self.items, self.result = 5, self.items, nil
    end)
    probe.inside(tab, function(self)
      self.any = 5.0
      assert.equal("float", math.type(self.any))
    end)
    probe.inside(tab, function(self) assert.equal("float", math.type(self.any)) end)
    assert.equal(before, #tab:deltas())
  end)

  -- holds: error.undeclared
  it("that was not declared raises and names what was perhaps meant", function()
    probe.inside(open(), function(self)
      raises("UndeclaredVarError: Job.conuter is not declared; did you mean counter?", function() self.conuter = 1 end)
      raises("UndeclaredVarError: Job.zzz is not declared", function() return self.zzz end)
      raises("Job.add is a function of the state", function() self.add = 1 end)
    end)
  end)

  -- holds: state.var.type
  it("with a type refuses other kinds", function()
    probe.inside(open(), function(self)
      raises('VarTypeError: Job.size is declared with type="integer" and was given a string', function() self.size = "5" end)
      raises("use // or math.tointeger", function() self.size = 10 / 2 end)
      raises("VarTypeError", function() self.ratio = {} end)
      raises("VarTypeError", function() self.tags = tl.map {} end)
      self.size, self.ratio, self.tags = 7, 0.5, {}
      self.size = nil
      assert.is_nil(self.size)
    end)
  end)

  -- holds: state.var.backend
  it("whose name begins with _ never leaves the host", function()
    local tab = open()
    probe.inside(tab, function(self) self._secret, self._raw = 2, "\xff\0" end)
    assert.equal(0, #tab:deltas())
    probe.inside(tab, function(self)
      assert.equal(2, self._secret)
      assert.equal("\xff\0", self._raw)
    end)
  end)

  it("is rolled back by an error", function()
    local tab = open()
    probe.bare(tab, function(self)
      self.counter = 9
      error "no"
    end)
    assert.equal(0, tab:state "Job".counter)
    probe.inside(tab, function(self) assert.equal(0, self.counter) end)
  end)
end)

describe("what every state has", function()
  -- holds: self.get_state, self.get_state.lock
  it("get_state: another state of the tab, under the same lock", function()
    local tab = open()
    probe.inside(tab, function(self)
      local other = self:get_state(probe.Other)
      assert.is_true(other == self:get_state "Other")
      other.step = 4
      assert.equal(4, self:get_state "Other".step)
      raises('there is no state "Nope"', self.get_state, self, "Nope")
    end)
    assert.equal(4, tab:state "Other".step)
  end)

  -- holds: self.reset
  it("reset: fresh defaults", function()
    local tab = open()
    probe.inside(tab, function(self)
      self.counter, self._secret = 3, 7
      self.items:push { title = "a" }
      self:reset()
      assert.equal(0, self.counter)
      assert.equal(1, self._secret)
      assert.same({}, self.items)
    end)
    assert.equal(0, #tab:deltas())
  end)

  -- holds: self.reset
  it("reset: defaults that are fresh each time, all the way down", function()
    local one, two = open(), open()
    local function change(self)
      local other = self:get_state "Other"
      other.jobs.build.n = other.jobs.build.n + 1
      other.jobs.more = { list = {} }
      assert.equal(2, other.jobs.build.n)
      local kept = other.jobs.build
      other:reset()
      assert.same({ build = { n = 1 } }, tl.copy(other.jobs))
      assert.is_false(kept == other.jobs.build)
      pcall(function() kept.n = 7 end)
      assert.equal(1, other.jobs.build.n)
      other.jobs.build.n = 2
    end
    probe.inside(one, change)
    probe.inside(one, function(self) self:get_state "Other":reset() end)
    probe.inside(one, change)
    probe.inside(two, change)
    probe.outside(two, function(self)
      self:with_state(function() self:get_state "Other":reset() end)
      assert.equal(1, self:get_state "Other".jobs.build.n)
    end)
    assert.equal(2, one:state "Other".jobs.build.n)
  end)

  -- holds: self.get_token, router.readonly
  it("get_token, router, methods, inline calls", function()
    probe.inside(open(), function(self)
      assert.equal(26, #self:get_token())
      assert.equal("/", self.router.path)
      self:add(5)
      assert.equal(10, self:_double())
      raises("ImmutableStateError: Job.router is read-only", function() self.router = {} end)
    end)
  end)

  -- holds: router.readonly.inside
  it("the router tells what it has, and cannot be written", function()
    probe.inside(open(), function(self)
      local names = {}
      for name in pairs(self.router) do names[#names + 1] = name end
      table.sort(names)
      assert.same({ "client_ip", "headers", "params", "path", "query", "session_id", "token" }, names)
      raises('TypeError: self.router has no "pth"; there are path, params', function() return self.router.pth end)
      raises("ImmutableStateError: self.router.path: the router only tells", function() self.router.path = "/x" end)
      assert.equal("/", self.router.path)
      self.items:push(self.router.params)
      assert.same({}, tl.copy(self.items[1]))
    end)
  end)

  -- holds: router.readonly.inside
  it("what the router has is read like any map, and cannot be written", function()
    local tab = t.open("spec/lua/apps/state.lua", "/?a=1&b=x%20y&a=2")
    probe.inside(tab, function(self)
      local router = self.router
      assert.equal("2", router.query.a)
      assert.same({ a = "2", b = "x y" }, router.query)
      assert.equal(2, #router.query)
      assert.is_nil(router.query.c)
      assert.equal("map", tl.kind(router.params))
      assert.is_nil(next(router.headers))
      for _, write in ipairs {
        function() router.query.a = "3" end, function() router.query.c = "3" end, function() router.query.a = nil end,
        function() rawset(router.query, "a", 3) end, function() tl.append(router.query, "a", "3") end,
      } do
        assert.is_false((pcall(write)))
      end
      raises("ImmutableStateError: Job.router.params.id: the router only tells", function() router.params.id = 1 end)
      raises("ImmutableStateError: Job.router.headers.x: the router only tells", function() router.headers.x = 1 end)
      assert.same({ a = "2", b = "x y" }, self.router.query)
      local mine = tl.copy(router.query)
      mine.c = "3"
      self.items = { router.query }
      self.items[1].a = "4"
      assert.equal("2", self.router.query.a)
    end)
    probe.outside(tab, function(self)
      assert.equal("2", self.router.query.a)
      raises("Job.router.query.a: the router only tells", function() self.router.query.a = 1 end)
      assert.is_false((pcall(tl.with_state, self.router.query, function() end)))
    end)
  end)
end)

describe("the router", function()
  it("is built once for each place of the page, and one that is kept tells of the place before", function()
    local tab = t.open("spec/lua/apps/state.lua", "/?a=1")
    local kept
    probe.inside(tab, function(self)
      kept = self.router
      assert.equal(kept, self.router)
      assert.equal(kept.query, self.router.query)
      local other = self:get_state "Other"
      assert.same({ a = "1" }, other.router.query)
      raises("Other.router.query.a: the router only tells", function() other.router.query.a = "2" end)
      raises("Job.router.query.a: the router only tells", function() self.router.query.a = "2" end)
    end)
    tab:go "/?a=2"
    probe.inside(tab, function(self)
      assert.are_not.equal(kept, self.router)
      assert.equal("2", self.router.query.a)
      assert.equal("1", kept.query.a)
      assert.same({ a = "1" }, kept.query)
    end)
    tab:go "/"
    probe.inside(tab, function(self) assert.same({}, self.router.query) end)
  end)

  it("costs nothing when it is read again", function()
    probe.inside(t.open("spec/lua/apps/state.lua", "/?a=1"), function(self)
      local function read()
        for _ = 1, 1000 do assert(self.router.query and self.router.headers and self.router.path == "/") end
      end
      read()
      collectgarbage()
      collectgarbage "stop"
      local before = collectgarbage "count"
      read()
      local more = collectgarbage "count" - before
      collectgarbage "restart"
      assert.is_true(more < 4, more .. " KiB for 1,000 reads")
    end)
  end)

  it("gives its fields to pairs as a table of one's own, and keeps its metatable to itself", function()
    probe.inside(t.open("spec/lua/apps/state.lua", "/?a=1"), function(self)
      local _, fields = pairs(self.router)
      fields.path = "/other"
      assert.equal("/", self.router.path)
      assert.equal("tidelock.router", getmetatable(self.router))
      assert.is_false((pcall(setmetatable, self.router, {})))
    end)
  end)

  it("of a tab that has ended tells nothing", function()
    local tab = t.open("spec/lua/apps/state.lua", "/?a=1")
    local kept
    probe.inside(tab, function(self) kept = self end)
    tab:close()
    t.advance(3601)
    assert.is_nil(kept.router.path)
    assert.is_nil(kept.router.query)
    raises('TypeError: self.router has no "pth"', function() return kept.router.pth end)
  end)
end)

describe("outside the block", function()
  it("reads the snapshot, and refuses every write", function()
    local tab = open()
    probe.inside(tab, function(self) self.items = { { title = "a" } } end)
    probe.outside(tab, function(self)
      assert.equal("a", self.items[1].title)
      raises("ImmutableStateError: Job.counter: a background task may write its state only inside with_state", function() self.counter = 1 end)
      raises("ImmutableStateError", self.add, self, 1)
      raises("ImmutableStateError", self.reset, self)
      raises("ImmutableStateError: Job.items[1].title", function() self.items[1].title = "b" end)
      for _, write in ipairs {
        function(l) l[2] = 1 end, function(l) l:push(1) end, function(l) l:clear() end, function(l) table.insert(l, 1) end,
        table.remove, table.sort, function(l) rawset(l, 1, 1) end, function(l) table.move({ 1 }, 1, 1, 1, l) end,
      } do
        raises("ImmutableStateError", write, self.items)
      end
    end)
    assert.same({ { title = "a" } }, tab:state "Job".items)
  end)

  it("stays as it was until the next refresh", function()
    local tab = open()
    probe.outside(tab, function(self)
      tl.with_state(self, function() self.counter = 1 end)
      assert.equal(1, self.counter)
      tl.modify_state(self:get_token(), probe.Job, function(state) state.counter = 2 end)
      assert.equal(1, self.counter)
      tl.with_state(self, function() assert.equal(2, self.counter) end)
      assert.equal(2, self.counter)
    end)
  end)

  it("enters a nested value that is reached by map keys", function()
    local tab = open()
    probe.inside(tab, function(self) self.items = { { n = 1 } } end)
    probe.outside(tab, function(self)
      local other = self:get_state "Other"
      tl.with_state(other.jobs.build, function(build) build.n = build.n + 1 end)
      assert.equal(2, other.jobs.build.n)
      raises("reached through a position in a list", tl.with_state, self.items[1], function() end)
    end)
    assert.equal(2, tab:state "Other".jobs.build.n)
  end)
end)

describe("event references", function()
  -- holds: state.class.event, handler.bind
  it("are the same value each time, and bind arguments", function()
    open()
    local Job = probe.Job
    assert.equal(Job.add, Job.add)
    assert.equal("Job.add", tostring(Job.add))
    assert.equal("Job.add", Job.add(5).handler)
    raises("has its arguments already", Job.add(5), 6)
  end)

  -- holds: handler.method.event
  it("refuse a class or self as argument, functions, and Vars in a handler", function()
    local tab = open()
    local Job = probe.Job
    raises("Job.add was bound to the class Job; write Job.add(...) with a dot", Job.add, Job, 5)
    raises("argument 2 of Job.add is a function", Job.add, 1, print)
    raises("Job._double: names with _ are methods", function() return Job._double end)
    probe.inside(tab, function(self)
      raises("Job.add(self, ...): an event is bound without self", Job.add, self, 5)
      raises("argument 1 of Job.add is a Var", Job.add, Job.counter)
      raises("BackgroundCallError: Job.work is a background task", self.work, self)
    end)
  end)

  -- holds: handler.public
  it("are reached by clients only where a page or tl.expose offers them", function()
    local tab = open()
    assert.is_true(native.offer "Job.add")
    assert.is_false(native.offer "Job._double")
    tab:click "Add"
    assert.equal(5, tab:state "Job".counter)
  end)
end)

describe("the self of a handler", function()
  it("is one for all handlers of the tab and of the state, and of no other tab", function()
    local tab, other = open(), t.open(APP, "/")
    local mine, beside
    probe.inside(tab, function(self) mine = self end)
    probe.inside(tab, function(self) assert.is_true(rawequal(mine, self)) end)
    probe.beside(tab, function(self)
      beside = self
      assert.is_true(rawequal(mine, self:get_state(probe.Job)))
    end)
    probe.inside(tab, function(self)
      assert.is_true(rawequal(mine, self))
      assert.is_true(rawequal(beside, self:get_state(probe.Other)))
    end)
    probe.beside(tab, function(self) assert.is_true(rawequal(beside, self)) end)
    probe.inside(other, function(self) assert.is_false(rawequal(mine, self)) end)
  end)

  it("that was kept from another tab's handler stays outside, and sees that tab", function()
    local tab, other = open(), t.open(APP, "/")
    local kept
    probe.inside(tab, function(self) kept, self.counter = self, 3 end)
    probe.inside(other, function(self)
      self.counter = 5
      assert.equal(3, kept.counter)
      raises("Job.counter", function() kept.counter = 9 end)
    end)
    probe.inside(tab, function(self) self.counter = self.counter + 1 end)
    assert.equal(4, kept.counter)
    tab:close()
    raises("Job.counter", function() kept.counter = 9 end)
    assert.equal(4, kept.counter)
  end)
end)

describe("setters", function()
  -- holds: setter.converts
  it("convert what the page sends to the kind of the var", function()
    local tab = open()
    tab:change("#max", " 12 ")
    assert.equal(12, tab:state "Job".max)
    tab:change("#number", 7)
    assert.equal(7, tab:state "Job".max)
    tab:change("#name", "Ann")
    assert.equal("Ann", tab:state "Job".name)
  end)

  -- holds: setter.error
  it("refuse bad input with a clear text", function()
    local tab = open()
    tab:change("#max", "abc")
    assert.equal(10, tab:state "Job".max)
    assert.matches('Job.max: a number is expected, and the input is "abc"', tab:errors()[1].message, 1, true)
  end)

  it("take blank text for nothing", function()
    local tab = open()
    probe.inside(tab, function(self) self.ratio = 1 end)
    tab:change("#ratio", "2.5")
    assert.equal(2.5, tab:state "Job".ratio)
    tab:change("#ratio", " ")
    assert.equal(tl.null, tab:state "Job".ratio)
    tab:change("#max", "")
    assert.equal(10, tab:state "Job".max)
    assert.matches("Job.max: a number is expected, and the input is nothing", tab:errors()[1].message, 1, true)
  end)

  it("are for public vars", function()
    open()
    raises("there is no such var", probe.Job.setter, probe.Job, "nope")
    raises("a backend var is not for clients", probe.Job.setter, probe.Job, "_secret")
  end)
end)
