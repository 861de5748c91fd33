--- syntax.lua: the shape of a syntax tree (parser.lua makes it), and going through it. May use: nothing.
--
-- A node is a table { tag =, line =, col =, ... }; `syntax.children` tells which of its fields are nodes or lists of nodes. A
-- block is a list of statements, each with its `first` token.

local syntax = {}

---tag -> the fields with nodes or lists of nodes, in the order of the source
syntax.children = {
  -- statements
  Local = { "values" }, LocalFunction = { "fn" }, Assign = { "targets", "values" }, CallStat = { "call" }, Do = { "body" },
  While = { "test", "body" }, Repeat = { "body", "test" }, If = { "clauses" }, Clause = { "test", "body" },
  For = { "from", "to", "step", "body" }, ForIn = { "values", "body" }, Return = { "values" }, Break = {}, Goto = {}, Label = {},
  -- expressions
  Nil = {}, True = {}, False = {}, Vararg = {}, Number = {}, String = {}, Name = {},
  Function = { "body" }, Index = { "object", "key" }, Call = { "fn", "args" }, Method = { "object", "args" },
  Binary = { "left", "right" }, Unary = { "operand" }, Paren = { "inner" }, Table = { "items" }, Item = { "key", "value" },
}

---Goes through a node or a list of nodes, in the order of the source. `enter(node)` may return false to keep out of it.
---@param tree table
---@param enter fun(node: table): boolean|nil
function syntax.walk(tree, enter)
  if not tree.tag then
    for _, child in ipairs(tree) do syntax.walk(child, enter) end
    return
  end
  if enter(tree) == false then return end
  for _, field in ipairs(syntax.children[tree.tag]) do
    if tree[field] then syntax.walk(tree[field], enter) end
  end
end

return syntax
