-- expect: script declares itself once
-- Two declarations.
transform { input = table_in {}, output = table_out {} }
transform { input = table_in {}, output = table_out {} }
