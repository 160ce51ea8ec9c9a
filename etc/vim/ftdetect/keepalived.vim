autocmd BufNewFile,BufRead keepalived.conf,*/keepalived/*.conf,keepalived.conf.sample setfiletype keepalived
