-- expect: script cannot hold a function
-- Code inside the declaration.
transform { input = table_in { columns = { a = print } }, output = table_out {} }
