module kadende-provider-files

go 1.19
