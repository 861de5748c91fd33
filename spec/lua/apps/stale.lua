-- Tasks that read outside of their blocks, rightly and wrongly.
local tl = require "tidelock"
local ui = tl.ui

local Job = tl.state("Job", { n = 0, running = false, status = "", list = {}, scores = { ann = 1, bob = 1 }, text = "" })
local Low = tl.state("Low", { n = 0 })

Job.double = tl.computed(function(self) return 2 * self.n end)
Job.fourfold = tl.computed(function(self) return 2 * self.double end)
Job.best = tl.computed(function(self) return self.scores.ann end)

local function background(name, before, inside)
  Job[name] = tl.background(function(self)
    local seen = before(self)
    tl.sleep(1)
    tl.with_state(self, function() inside(self, seen) end)
  end)
end

local function n_of(self) return self.n end

background("stale", n_of, function(self, n) self.n = n + 1 end)
background("fresh", n_of, function(self) self.n = self.n + 1 end)
background("twice", n_of, function(self, n)
  if self.n == n then return end
  self.n = n + 1
end)
background("same", n_of, function(self) self.n = 100 end)
background("resets", n_of, function(self)
  self:reset()
  self.n = 7
end)
background("fails", n_of, function(self, n)
  self.n = n + 1
  error "no"
end)
background("score", function(self) return self.scores.ann end, function(self, ann) self.scores.ann = ann + 1 end)
background("other_score", function(self) return self.scores.bob end, function(self, bob) self.scores.bob = bob + 1 end)
background("walks_scores", function(self) return self.scores.ann end, function(self, ann)
  for _ in pairs(self.scores) do ann = ann + 1 end
  self.scores.ann = ann
end)
background("deletes_score", function(self) return self.scores.ann end, function(self) self.scores.ann = nil end)
background("replaces", function(self) return tl.copy(self.list) end, function(self, list)
  list[#list + 1] = "mine"
  self.list = list
end)
background("pushes", function(self) return #self.list end, function(self) self.list:push "mine" end)
background("appends", function(self) return self.text end, function(self)
  tl.append(self, "text", "x")
  self.text = "done"
end)

-- By other names, and other ways to read.
background("computed_inside", n_of, function(self) self.n = self.double // 2 + 1 end)
background("computed_outside", function(self) return self.double end, function(self) self.status = "seen" end)
background("computed_of_map_inside", function(self) return self.scores.ann end, function(self) self.scores.ann = self.best + 1 end)
background("computed_of_computed_inside", n_of, function(self) self.n = self.fourfold // 4 + 1 end)
background("other_computed_inside", n_of, function(self, n) self.n = n + self.best end)
background("assigns_inside", function(self) return self.scores.ann end, function(self)
  local copy = { all = self.scores }
  self.list = { copy }
  self.scores.ann = 5
end)
background("short_name", function(self) return self.n + 1 end, function(self, c) self.n = c end)
background("copies_inside", function(self) return self.scores.ann end, function(self)
  local scores = tl.copy(self.scores)
  self.scores.ann = scores.ann + 1
end)
background("encodes_inside", function(self) return self.scores.ann end, function(self)
  self.scores.ann = #tl.json.encode(self.scores)
end)
background("alias_inside", function(self) return self.scores.ann end, function(self)
  local scores = self.scores
  scores.ann = scores.ann + 1
end)
background("alias_outside", function(self) return self.scores end, function(self, scores) self.scores.ann = scores.ann + 1 end)
background("enters_part", function(self) return self.scores.ann end, function(self)
  local scores = self.scores
  for name, n in pairs(scores) do scores[name] = n + 1 end
end)
background("named_constant", n_of, function(self)
  local HUNDRED <const> = 100
  self.n = HUNDRED
end)
background("raises_to", n_of, function(self) self.n = math.max(self.n, 50) end)

Job.two_blocks = tl.background(function(self)
  local n = tl.with_state(self, function() return self.n end)
  tl.sleep(1)
  tl.with_state(self, function() self.n = n + 1 end)
end)

-- Read in one block, written in another.
local function in_two_blocks(name, inside)
  Job[name] = tl.background(function(self)
    local n = tl.with_state(self, function() return self.n end)
    tl.sleep(1)
    tl.with_state(self, function() inside(self, n) end)
  end)
end

in_two_blocks("blocks_reset", function(self) self.n = 0 end)
in_two_blocks("blocks_again", function(self, n) if self.n == n then self.n = n + 1 end end)
in_two_blocks("blocks_own", function(self, n)
  self.n = 0
  self.n = n + 1
end)

Job.blocks_rolled_back = tl.background(function(self)
  pcall(tl.with_state, self, function()
    self.n = 3
    if self.n == 3 then error "no" end
  end)
  tl.sleep(1)
  tl.with_state(self, function() self.n = 1 + 1 end)
end)

Job.modifies = tl.background(function(self)
  local token = self:get_token()
  local n = self.n
  tl.sleep(1)
  tl.modify_state(token, Job, function(job) job.n = n + 1 end)
end)

Job.modifies_rightly = tl.background(function(self)
  local token = self:get_token()
  local n = self.n
  tl.sleep(1)
  tl.modify_state(token, Job, function(job) job.n = job.n + n end)
end)

Job.loop = tl.background(function(self)
  tl.with_state(self, function() self.running = true end)
  while self.running do
    tl.sleep(0.5)
    tl.with_state(self, function()
      self.n = self.n + 1
      if self.n >= 3 then self.running = false end
    end)
  end
end)

Job.own = tl.background(function(self)
  local n = self.n
  for i = 1, 3 do tl.with_state(self, function() self.n = n + i end) end
end)

Job.locks = tl.background(function(self)
  local n = self.n
  tl.sleep(1)
  local _ <close> = tl.lock(self)
  self.n = n + 1
end)

Job.gathers = tl.background(function(self)
  tl.gather(function()
    local n = self.n
    tl.sleep(1)
    tl.with_state(self, function() self.n = n + 1 end)
  end)
end)

function Job:change()
  self.n, self.scores.ann, self.running, self.text = 100, 100, false, "changed"
  self.list:push "theirs"
end

function Job:run(name) return Job[name] end
tl.expose(Job.run)

tl.page("/", { title = "Stale" }, function() return ui.main { ui.button { "Change", on_click = Job.change }, Low.n } end)
