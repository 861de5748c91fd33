-- extends_spec.lua: tl.state(name, fields, { extends = Base }): what a state has from another, and whose it stays: manual section 1.
local tl, t = require "tidelock", require "tidelock.testing"
local native = require "tidelock.native"
local probe = require "spec.lua.support.probe"
local raises = probe.raises

local APP = "spec/lua/apps/extends.lua"

local function open() return t.open(APP, "/") end

local BASE <const> = 'local Base = tl.state("Base", { n = 0, _k = 0 }) function Base:go() end Base.sum = tl.computed(function() end)\n'

describe("a var of the base", function()
  -- holds: state.extends.vars, state.extends.instance
  it("is read and written through the child, and lies in the base", function()
    local tab = open()
    probe.inside(tab, function(self)
      self.counter, self.own = 3, 1
      self.items:push { title = "a" }
      self._secret = 5
      local base = self:get_state(probe.Base)
      assert.same({ 3, 5, "a" }, { base.counter, base._secret, base.items[1].title })
      assert.is_true(self.items == base.items)
      tl.append(self, "log", "x")
      assert.equal("x", base.log)
    end)
    local patch = tab:deltas()[1].patch
    assert.same({ 3, 1 }, { patch.Base.counter, patch.Child.own })
    assert.is_nil(patch.Child.counter)
    assert.equal(3, tab:state "Base".counter)
    assert.is_nil(tab:state "Child".counter)
    assert.is_nil(tab:state "Base"._secret)
    assert.equal(1, tab:state "Child".own)
  end)

  it("is the base's on a page", function()
    local tab = open()
    probe.inside(tab, function(self) self:get_state("Base").counter = 7 end)
    assert.equal("7", tab:text "#counter")
    assert.equal("7", tab:text "#grand")
    assert.equal("70 % of 10", tab:text "#label")
  end)

  -- holds: state.extends.vars
  it("is reached over two states", function()
    local tab = open()
    probe.inside(tab, function(self)
      local grand = self:get_state(probe.Grand)
      grand.counter, grand.own, grand.more = 1, 2, 3
      assert.same({ 1, 2 }, { self.counter, self.own })
      assert.equal("1 2 3 10 % of 10", grand.all)
    end)
    assert.same({ 1, 2, 3 }, { tab:state "Base".counter, tab:state "Child".own, tab:state "Grand".more })
  end)

  it("is rolled back with the child's", function()
    local tab = open()
    probe.bare(tab, function(self)
      self.counter, self.own = 9, 9
      self.items:push(1)
      error "undo"
    end)
    assert.same({ 0, 0, 0 }, { tab:state "Base".counter, tab:state "Child".own, #tab:state "Base".items })
  end)

  it("is kept over a reconnect, and sent whole to a page that begins anew", function()
    local tab = open()
    probe.inside(tab, function(self) self.counter, self.own = 4, 2 end)
    tab:disconnect()
    tab:reconnect()
    assert.same({ 4, 2 }, { tab:state "Base".counter, tab:state "Child".own })
    local whole = tab:whole_state()
    assert.equal(4, whole.Base.counter)
    assert.equal("4 2 1 40 % of 10", whole.Grand.all)
  end)

  it("keeps its type, and its name in errors", function()
    probe.inside(open(), function(self)
      raises('VarTypeError: Base.n is declared with type="integer" and was given a string', function() self.n = "x" end)
      raises("SerializationError: Base.items[1]: a function cannot be kept", function() self.items = { print } end)
      raises("UndeclaredVarError: Child.conuter is not declared; did you mean counter?", function() return self.conuter end)
      raises("ImmutableStateError: Base.percent is computed", function() self.percent = 1 end)
      raises("UndeclaredVarError: Child.late is a function of the state", function() self.late = 1 end)
    end)
  end)
end)

describe("in a background task", function()
  it("a block of the child covers the base", function()
    local tab = open()
    probe.outside(tab, function(self)
      tl.with_state(self, function()
        self.counter, self.own = 2, 1
        self.items:push { title = "b" }
        self:late(3)
        assert.equal(50, self.percent)
      end)
      assert.same({ 5, 1, 50, 2.5 }, { self.counter, self.own, self.percent, self.half })
      assert.equal(5, self:get_state(probe.Base).counter)
      local base = self:get_state(probe.Base)
      tl.with_state(base, function() assert.is_true(pcall(function() self.own = 4 end)) end)
      tl.with_state(self.items, function(items) items:push { title = "c" } end)
    end)
    assert.same({ 5, 4, 2 }, { tab:state "Base".counter, tab:state "Child".own, #tab:state "Base".items })
  end)

  it("an error in the block takes back what it did to both", function()
    local tab = open()
    probe.outside(tab, function(self)
      raises("out of tune", tl.with_state, self, function()
        self.counter, self.own = 2, 1
        self:fail()
      end)
    end)
    assert.same({ 0, 0 }, { tab:state "Base".counter, tab:state "Child".own })
  end)

  it("outside of a block every write to what is inherited raises, naming the base's var and the line", function()
    local tab = open()
    probe.inside(tab, function(self) self.items = { { title = "a" } } end)
    probe.outside(tab, function(self)
      for path, write in pairs {
        ["Base.counter"] = function() self.counter = 1 end,
        ["Base.items[1].title"] = function() self.items[1].title = "b" end,
        ["Base.items"] = function() self.items:push(1) end,
        ["Base.log"] = function() tl.append(self, "log", "x") end,
        ["Base._secret"] = function() self._secret = 2 end,
        ["Child.own"] = function() self.own = 1 end,
      } do
        local err = raises("ImmutableStateError: " .. path, write)
        assert.equal(("extends_spec.lua:%d"):format(debug.getinfo(write, "S").linedefined), err.where:match "[^/]*$")
      end
      raises("ImmutableStateError: Base.counter", self.late, self, 1)
      raises("ImmutableStateError: Child.reset()", self.reset, self)
    end)
    assert.same({ 0, 0, "a" }, { tab:state "Base".counter, tab:state "Child".own, tab:state "Base".items[1].title })
  end)

  it("of the base is started by the child's name, and works on the base", function()
    local tab = open()
    tab:click "Start"
    assert.equal("worked state Base", tab:state "Base".log)
    assert.equal(2, tab:state "Base".counter)
    probe.inside(tab, function(self) raises("BackgroundCallError: Base.work is a background task", self.work, self) end)
  end)

  it("modify_state takes the child for all", function()
    local tab, token = open(), nil
    probe.inside(tab, function(self) token = self:get_token() end)
    tl.modify_state(token, probe.Grand, function(self)
      self.counter, self.own, self.more = 1, 1, 2
      self:late(1)
    end)
    t.settle()
    assert.same({ 2, 1, 2 }, { tab:state "Base".counter, tab:state "Child".own, tab:state "Grand".more })
  end)
end)

describe("a function of the base", function()
  -- holds: state.extends.handlers, state.extends.instance
  it("runs on the base's instance, also when the child is called, and gives all its results", function()
    local tab = open()
    probe.inside(tab, function(self)
      assert.equal("state Child", tostring(self))
      assert.same({ "state Base", 1, nil, 3 }, { self:answers(1, nil, 3) })
      assert.same({ "state Base" }, { self:get_state(probe.Grand):answers() })
      self.counter = 4
      assert.equal(8, self:_double())
    end)
    probe.outside(tab, function(self)
      assert.equal(8, self:_double())
      raises("a state instance (self) is needed", self._double)
      raises("a state instance (self) is needed", self._double, {})
    end)
  end)

  -- holds: state.extends.handlers
  it("is an event of the base, whoever is asked for it", function()
    open()
    assert.is_true(rawequal(probe.Child.late, probe.Base.late))
    assert.is_true(rawequal(probe.Grand.late, probe.Base.late))
    assert.is_true(rawequal(probe.Grand.save, probe.Child.save))
    assert.equal("Child.save", tostring(probe.Grand.save))
    assert.equal("Base.late", tostring(probe.Grand.late))
    local tab = open()
    tab:click "Late"
    assert.equal(3, tab:state "Base".counter)
  end)

  -- holds: state.extends.override
  it("may be overridden; the override reaches the base's", function()
    local tab = open()
    probe.inside(tab, function(self)
      self:save "one"
      self:get_state(probe.Base):save "two" -- the base knows nothing of the override
      self:get_state(probe.Grand):save "three"
    end)
    assert.equal("state Base(one!) state Base(two) state Base(three!) ", tab:state "Base".log)
    assert.equal(2, tab:state "Child".own)
    tab:click "Save"
    assert.equal(3, tab:state "Child".own)
  end)

  it("may wait, inside of the child's handler", function()
    local tab = open()
    probe.inside(tab, function(self) assert.same({ "state Base", "x" }, { self:answers "x" }) end)
    probe.outside(tab, function(self)
      tl.with_state(self, function() self:get_state(probe.Base):save("late", 2) end)
    end, 3)
    assert.equal("state Base(late) ", tab:state "Base".log)
    probe.inside(tab, function(self)
      raises("CannotWaitError: sleep cannot wait inside sort", table.sort, { 1, 2 }, function() self:nap() return false end)
    end)
  end)

  it("that fails is named as the base's", function()
    local tab = open()
    tab:click "Fail"
    assert.matches("out of tune", tab:errors()[1].message)
    assert.equal(0, tab:state "Base".counter)
  end)
end)

describe("a computed var of the base", function()
  -- holds: state.extends.computed, state.extends.instance
  it("is the base's: one value, which all see", function()
    local tab = open()
    probe.inside(tab, function(self)
      self.counter = 5
      assert.same({ 50, 2.5, 5 }, { self.percent, self.half, self.sum })
    end)
    assert.same({ 50, 2.5 }, { tab:state "Base".percent, tab:state "Base".half })
    assert.is_nil(tab:state "Child".percent)
  end)

  it("may be overridden: each state has its own", function()
    local tab = open()
    probe.inside(tab, function(self)
      self.counter = 5
      assert.equal("50 % of 10", self.label)
      assert.equal("50 %", self:get_state(probe.Base).label)
      assert.equal("50 % of 10", self:get_state(probe.Grand).label)
    end)
    assert.same({ "50 %", "50 % of 10" }, { tab:state "Base".label, tab:state "Child".label })
    assert.is_nil(tab:state "Grand".label)
  end)
end)

describe("of a state that extends another", function()
  it("reset resets its own vars, and get_state(Base):reset() the base's", function()
    local tab = open()
    probe.inside(tab, function(self)
      self.counter, self.own = 3, 4
      self:reset()
      assert.same({ 3, 0 }, { self.counter, self.own })
      self:get_state(probe.Base):reset()
      assert.equal(0, self.counter)
    end)
  end)

  it("setters of inherited vars set the base's", function()
    local tab = open()
    tab:change("#max", "20")
    assert.equal(20, tab:state "Base".max)
    tab:change("#inline", "30")
    assert.equal(30, tab:state "Base".max)
    tab:input("#bound", "4")
    assert.equal(4, tab:state "Base".n)
    tab:change("#max", "much")
    assert.matches('Base.max: a number is expected, and the input is "much"', tab:errors()[1].message, 1, true)
  end)

  it("the members list what is inherited", function()
    open()
    local names = native.class_names(probe.Grand)
    table.sort(names)
    assert.equal("_double _secret all answers bare counter fail half inside items label late log max more n nap outside own percent save"
      .. " set_max set_n start sum words work", table.concat(names, " "))
  end)
end)

describe("declaring it", function()
  local function refuses(problem, text) raises(problem, probe.load, text) end

  it("takes a state, and nothing else", function()
    refuses('tl.state("Two", ...): extends is a state, as tl.state returns it, not the string "Base"',
      BASE .. 'tl.state("Two", {}, { extends = "Base" })')
    refuses("extends is a state, as tl.state returns it, not a table", BASE .. 'tl.state("Two", {}, { extends = {} })')
    refuses('tl.state: unknown option "extend"; there is extends, mixins', BASE .. 'tl.state("Two", {}, { extend = Base })')
    refuses('the state "Base" is declared twice', BASE .. 'tl.state("Base", {}, { extends = Base })')
  end)

  it("not the state of an app that has ended", function()
    local old = probe.Base -- of the spec before
    local path = os.tmpname()
    package.loaded.old_base = old
    local file = assert(io.open(path, "w"))
    file:write 'require("tidelock").state("Two", {}, { extends = require "old_base" })'
    file:close()
    raises("Base belongs to an app that has ended", t.open, path, "/")
    os.remove(path)
    package.loaded.old_base = nil
  end)

  it("refuses a var of the base's name, and what overrides another kind", function()
    refuses("Two.n: Two has from Base a var of this name; both states would have one of it; rename one",
      BASE .. 'tl.state("Two", { n = 1 }, { extends = Base })')
    refuses("Two._k: Two has from Base a var", BASE .. 'tl.state("Two", { _k = 1 }, { extends = Base })')
    refuses("Two.go: Two has from Base a function of this name; only functions override functions", BASE .. 'tl.state("Two", { go = 1 }, { extends = Base })')
    refuses("Two.n: Two has from Base a var", BASE .. 'local Two = tl.state("Two", {}, { extends = Base }) function Two:n() end')
    refuses("Two.sum: Two has from Base a computed var", BASE .. 'local Two = tl.state("Two", {}, { extends = Base }) function Two:sum() end')
    refuses("Two.go: Two has from Base a function", BASE .. 'local Two = tl.state("Two", {}, { extends = Base }) Two.go = tl.computed(function() end)')
    refuses("Three.n: Three has from Base a var", BASE .. [[
      local Two = tl.state("Two", {}, { extends = Base })
      tl.state("Three", { n = 1 }, { extends = Two })]])
  end)

  it("refuses what comes late in the base and is there below", function()
    refuses("Base.x: Two, which extends Base, has a var of this name; only functions override functions, and computed vars computed vars; rename one",
      BASE .. 'tl.state("Two", { x = 1 }, { extends = Base }) function Base:x() end')
    refuses("Two, which extends Base, has a function of this name",
      BASE .. 'local Two = tl.state("Two", {}, { extends = Base }) function Two:x() end Base.x = tl.computed(function() end)')
  end)

  it("overrides once, and tells what there is", function()
    refuses("Two.go is declared twice", BASE .. 'local Two = tl.state("Two", {}, { extends = Base }) function Two:go() end function Two:go() end')
    refuses("Two.gone is not declared (so far); Two has: _k, go, n, sum", BASE .. 'local Two = tl.state("Two", {}, { extends = Base }) local x = Two.gone')
    probe.load(BASE .. [[
      local Two = tl.state("Two", {}, { extends = Base })
      local Three = tl.state("Three", {}, { extends = Two })
      assert(rawequal(Three.go, Base.go))
      function Two:go() end
      assert(rawequal(Three.go, Two.go) and not rawequal(Two.go, Base.go))
      function Three:go() end
      function Base:more() end
      assert(rawequal(Three.more, Base.more))
      function Two:more() end
      assert(rawequal(Three.more, Two.more))]])
  end)
end)
