-- app.lua: what runs while the spec lets allocations fail. In every state that is committed, a, b and the number of items are the same, and
-- the log has 100 bytes for each.
local tl = require "tidelock"
local ui = tl.ui

local Base = tl.state("Base", { times = 0 })
function Base:_again(n) self.times = self.times + n end
Base.aged = tl.computed(function(self) return self.times end, { interval = 0.2 })

local Told = tl.mixin { told = 0, tell = function(self, n) self.told = self.told + n end }

local Job = tl.state("Job", { a = 0, items = {}, b = 0, log = "", _seen = {}, Told }, { extends = Base })

Job.sum = tl.computed(function(self) return self.a + #self.items end)
Job.fresh = tl.computed(function(self) return self.aged + self.times end, { cache = false })

local function grow(self)
  self.a = self.a + 1
  self.items:push { id = self.a, title = ("row "):rep(4) .. self.a, tags = { "odd", "even" } }
  self._seen["k" .. self.a] = { at = self.a }
  tl.append(self, "log", ("x"):rep(99))
  tl.append(self, "log", self.a % 10)
  self.b = self.b + 1
  self:_again(1)
  if self.fresh < self.times then error "not fresh" end
end

local function empty(self)
  self.items:clear()
  self.a, self.b, self.log = 0, 0, ""
end

function Job:add()
  grow(self)
  return { tl.toast("added " .. self.a), Job.tell(self.a - self.b + 1) }
end

function Job:clear() empty(self) end

-- Much that allocates, and leaves the rows as many as they were.
function Job:work_over()
  local rows = self.items
  self.items = tl.json.decode(tl.json.encode(rows))
  rows = self.items
  rows:insert(1, { id = 0, title = "first", tags = {} })
  rows:sort(function(one, two) return one.id > two.id end)
  rows:remove(#rows)
  for _, row in ipairs(rows) do
    row.tags:push(("%s of %d"):format(row.title, row.id))
    row.tags = tl.copy(row.tags)
  end
  for key, seen in pairs(self._seen) do seen.again = key end
  self._seen = {}
  local ok, err = pcall(rows.push, rows, print)
  if ok or not tostring(err) then error "a function was kept" end
  local router = self.router
  if router.path ~= "/" or router.query.a ~= "x y" or router.query.b ~= "" or router ~= self.router then error "another router" end
  return Job.tell(1)
end

-- Writes where nobody may, waits where nobody can: each is refused, and what the refusal needs is given back.
function Job:wrong()
  local count = 0
  for _, fn in ipairs {
    function() tl.with_state(self, print) end,
    function() tl.modify_state("nobody", Job, print) end,
    function() self.items[1] = coroutine.create(print) end,
    function() self.nothing = 1 end,
    function() tl.append(self, "a", 1) end,
    function() tl.append(self, "log", "\xff") end,
    function() table.sort({ 1, 2 }, function() tl.sleep(1) end) end,
    function() tl.gather(function() self.a = 5 end) end,
    function() tl.timeout(0.1, tl.sleep, 5) end,
  } do
    if not pcall(fn) then count = count + 1 end
  end
  if count < 9 then error "one was not refused" end
end

-- What goes wrong in the middle leaves nothing behind.
function Job:spoil()
  local ok = pcall(function()
    grow(self)
    error { name = "SpecError", message = "on purpose" }
  end)
  if not ok then error "spoilt" end
end

local function from_outside(token)
  tl.sleep(0.1)
  tl.modify_state(token, Job, grow)
end

Job.work = tl.background(function(self)
  for i = 1, 2 do
    tl.current_task():progress(i / 3, ("round %d of 2, which is a long text"):format(i))
    tl.with_state(self, grow)
    tl.sleep(0.5)
  end
  local one, two = tl.gather(
    function() tl.sleep(0.2) return 1 end,
    function() return select(2, pcall(tl.timeout, 0.1, tl.sleep, 1)) end)
  assert(one == 1 and two)
  tl.spawn(from_outside, self:get_token()):await()
  do
    local _ <close> = tl.lock(self)
    grow(self)
    coroutine.yield(Job.tell(1))
  end
end)

Job.turn = tl.background(function(self)
  tl.sleep(0.1)
  tl.with_state(self, grow)
end, { policy = "queue", key = function(self, n) return ("turn %d"):format(n) end, timeout = 5, on_disconnect = { grace = 1 } })

-- Tasks that start others: whatever fails, none is left over, and no place or value is lost for those who come later.
local places, handed = tl.semaphore(2), tl.channel(1)

local function pass_on(ready)
  local _ <close> = places:enter()
  ready:wait(0.1)
  handed:send { "value" }
end

Job.structure = tl.background(function()
  local ready = tl.event()
  local got = 0
  do
    local scope <close> = tl.scope()
    local giver = scope:spawn(function()
      for _ = 1, 3 do scope:spawn(pass_on, ready) end
      ready:set(true)
    end)
    giver:await()
    while got < 3 and tl.timeout(1, handed.receive, handed) do got = got + 1 end
  end
  assert(got == 3)
  assert(tl.race(function() tl.sleep(5) end, function() return "won" end) == 2)
  assert(tl.retry({ times = 2, delay = 0.1 }, function() return "done" end) == "done")
end)

-- Once nothing runs any more: every place was given back.
function Job:intact()
  for _ = 1, 2 do assert(places:try()) end
  for _ = 1, 2 do places:release() end
  while handed:try_receive() do end -- luacheck: ignore
end

function Job:start() return { Job.work, Job.turn(1), Job.turn(1), Job.structure } end

tl.page("/", { on_load = Job.tell(1) }, function()
  return ui.main {
    ui.p { Job.a, Job.sum, Job.told },
    ui.ul { ui.foreach(Job.items, function(item) return ui.li { item.title } end, { key = "id" }) },
    ui.button { "Add", on_click = Job.add }, ui.button { "Reset", on_click = Job.clear },
    ui.button { "Work over", on_click = Job.work_over }, ui.button { "Wrong", on_click = Job.wrong },
    ui.button { "Spoil", on_click = Job.spoil }, ui.button { "Start", on_click = Job.start },
    ui.button { "Intact", on_click = Job.intact }, tl.kit.tasks(),
  }
end)
