# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_musefs_global_optspecs
    string join \n h/help V/version
end

function __fish_musefs_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_musefs_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_musefs_using_subcommand
    set -l cmd (__fish_musefs_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c musefs -n "__fish_musefs_needs_command" -s h -l help -d 'Print help'
complete -c musefs -n "__fish_musefs_needs_command" -s V -l version -d 'Print version'
complete -c musefs -n "__fish_musefs_needs_command" -f -a "scan" -d 'Read new files into the store'
complete -c musefs -n "__fish_musefs_needs_command" -f -a "revalidate" -d 'Read changed files again, keeping curated tags and art'
complete -c musefs -n "__fish_musefs_needs_command" -f -a "mount" -d 'Show the store as a tree of files'
complete -c musefs -n "__fish_musefs_needs_command" -f -a "up" -d 'Scan what is new, mount, and keep the view fresh, until Ctrl-C'
complete -c musefs -n "__fish_musefs_needs_command" -f -a "tag" -d 'Show, change, export or import tags'
complete -c musefs -n "__fish_musefs_needs_command" -f -a "art" -d 'Set, remove or extract pictures'
complete -c musefs -n "__fish_musefs_needs_command" -f -a "ls" -d 'List the files of tracks'
complete -c musefs -n "__fish_musefs_needs_command" -f -a "query" -d 'Show all that the store knows of tracks, as JSON lines'
complete -c musefs -n "__fish_musefs_needs_command" -f -a "why" -d 'Tell where a file is in the view, or why it is not'
complete -c musefs -n "__fish_musefs_needs_command" -f -a "export" -d 'Write the files of a view as real files'
complete -c musefs -n "__fish_musefs_needs_command" -f -a "inspect" -d 'Show what a file is made of'
complete -c musefs -n "__fish_musefs_needs_command" -f -a "history" -d 'Show who changed what in the store'
complete -c musefs -n "__fish_musefs_needs_command" -f -a "undo" -d 'Take back an edit of the store'
complete -c musefs -n "__fish_musefs_needs_command" -f -a "revert" -d 'Give tracks the tags and art of their files again'
complete -c musefs -n "__fish_musefs_needs_command" -f -a "doctor" -d 'Say what is wrong with this machine, a store or a mount, and what to do'
complete -c musefs -n "__fish_musefs_needs_command" -f -a "status" -d 'Show how a mount is doing'
complete -c musefs -n "__fish_musefs_needs_command" -f -a "generate" -d 'Write man pages, shell completions and the dashboard into a folder'
complete -c musefs -n "__fish_musefs_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c musefs -n "__fish_musefs_using_subcommand scan" -l db -d 'The store [default: musefs/library.db in the user\'s data folder]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand scan" -l jobs -d 'Files read at once' -r
complete -c musefs -n "__fish_musefs_using_subcommand scan" -l sidecar-include -d 'Also record files beside the music whose names are like this, such as \'*.ass\'; may be repeated' -r
complete -c musefs -n "__fish_musefs_using_subcommand scan" -s q -l quiet -d 'Say nothing but errors' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand scan" -l force -d 'Read known files again and take their tags from the file'
complete -c musefs -n "__fish_musefs_using_subcommand scan" -s v -l verbose -d 'Say more in the log; twice for everything'
complete -c musefs -n "__fish_musefs_using_subcommand scan" -s h -l help -d 'Print help'
complete -c musefs -n "__fish_musefs_using_subcommand revalidate" -l db -d 'The store [default: musefs/library.db in the user\'s data folder]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand revalidate" -l jobs -d 'Files read at once' -r
complete -c musefs -n "__fish_musefs_using_subcommand revalidate" -s q -l quiet -d 'Say nothing but errors' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand revalidate" -l prune -d 'Also remove what is known of files that are gone, and pictures that nothing uses'
complete -c musefs -n "__fish_musefs_using_subcommand revalidate" -l yes -d 'Remove it even if very much is gone'
complete -c musefs -n "__fish_musefs_using_subcommand revalidate" -s v -l verbose -d 'Say more in the log; twice for everything'
complete -c musefs -n "__fish_musefs_using_subcommand revalidate" -s h -l help -d 'Print help'
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l db -d 'The store [default: musefs/library.db in the user\'s data folder]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l source -d 'What /proc/mounts shows as the source' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l watch -d 'Watch the scanned folders and read what changes in them' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l template -d 'Where a track goes, such as \'$albumartist/$album/$title\'' -r
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l view -d 'A folder at the root with a template of its own, such as \'by-genre=%each{genre}/$artist/$title\'; may be repeated. Without --template there are these alone' -r
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l names -d 'Which names are made: any, those that Windows takes as well, or those of them in ASCII' -r -f -a "posix\t'Anything but `/`'
windows\t'What Windows takes, over Samba for instance'
ascii\t'What Windows takes, in ASCII'"
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l default-fallback -d 'What stands for a field that is empty' -r
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l fallback -d 'What stands for this field when it is empty; may be repeated' -r
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l skip-on-missing -d 'Leave out tracks that lack a field of the template' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l mode -d 'Whether files show the store\'s tags, or are just arranged by them' -r -f -a "synthesis\t'The original with the store\'s tags and art'
structure-only\t'The original'"
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l case-insensitive -d 'Find names whatever their case' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l owner -d 'User id that owns everything [default: yours]' -r
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l group -d 'Group id that owns everything [default: yours]' -r
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l file-mode -d 'Permissions of files, in octal' -r
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l dir-mode -d 'Permissions of folders, in octal' -r
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l sidecars -d 'Show lyrics, cue sheets, logs, booklets and covers that lie beside the music next to its tracks [default: true for up and why, false for mount and export]' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l sidecar-include -d 'Also show files whose names are like this, such as \'*.txt\'; may be repeated' -r
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l sidecar-exclude -d 'Show no files whose names are like this, such as \'*.log\' or \'Scans/*\'; may be repeated' -r
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l poll-interval-ms -d 'How often the store is asked for changes' -r
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l attr-ttl-ms -d 'How long the kernel may keep names and attributes; changes are pushed to it at once all the same' -r
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l read-ahead-budget-mib -d 'Memory for reading ahead of slow disks; 0 turns it off' -r
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l max-readahead-kib -d 'How far the kernel itself reads ahead' -r
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l max-background -d 'Requests the kernel may have in flight in the background' -r
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l workers -d 'Threads that wait for storage; 0 for none [default: by the machine]' -r
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l keep-cache -d 'Keep file contents in the kernel\'s cache from one open to the next' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l reflink -d 'Let edited files share the extents of the originals (XFS, btrfs), so that the kernel reads them by itself' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l splice-dir -d 'Where the unnamed files for that are made [default: the original\'s own folder]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l allow-other -d 'Let other users see the mount' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l on-change -d 'Run this in a shell after the view changed' -r
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l notify-url -d 'Post to this address after the view changed' -r
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l on-change-delay-ms -d 'How long it must be quiet before that' -r
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l expose-metrics -d 'Show metrics in .musefs-metrics/metrics' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l metrics-listen -d 'Answer HTTP requests for metrics at this address, such as 127.0.0.1:9184' -r
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l covers -d 'Show the front picture of its tracks as cover.jpg or cover.png in each folder that shows no such picture [default: true for up, false for mount]' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l playlists -d 'Show a playlist in each folder of tracks, and one of all tracks in the root and in each view\'s folder' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand mount" -s q -l quiet -d 'Say nothing but errors' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l dry-run -d 'Print the paths that would be shown, and mount nothing'
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l daemon -d 'Return once it is mounted, and go on in the background; the log goes to the system\'s log'
complete -c musefs -n "__fish_musefs_using_subcommand mount" -l detached -d 'This is the process in the background'
complete -c musefs -n "__fish_musefs_using_subcommand mount" -s v -l verbose -d 'Say more in the log; twice for everything'
complete -c musefs -n "__fish_musefs_using_subcommand mount" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c musefs -n "__fish_musefs_using_subcommand up" -l db -d 'The store [default: musefs/library.db in the user\'s data folder]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand up" -l jobs -d 'Files read at once' -r
complete -c musefs -n "__fish_musefs_using_subcommand up" -l template -d 'Where a track goes, such as \'$albumartist/$album/$title\'' -r
complete -c musefs -n "__fish_musefs_using_subcommand up" -l view -d 'A folder at the root with a template of its own, such as \'by-genre=%each{genre}/$artist/$title\'; may be repeated. Without --template there are these alone' -r
complete -c musefs -n "__fish_musefs_using_subcommand up" -l names -d 'Which names are made: any, those that Windows takes as well, or those of them in ASCII' -r -f -a "posix\t'Anything but `/`'
windows\t'What Windows takes, over Samba for instance'
ascii\t'What Windows takes, in ASCII'"
complete -c musefs -n "__fish_musefs_using_subcommand up" -l default-fallback -d 'What stands for a field that is empty' -r
complete -c musefs -n "__fish_musefs_using_subcommand up" -l fallback -d 'What stands for this field when it is empty; may be repeated' -r
complete -c musefs -n "__fish_musefs_using_subcommand up" -l skip-on-missing -d 'Leave out tracks that lack a field of the template' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand up" -l mode -d 'Whether files show the store\'s tags, or are just arranged by them' -r -f -a "synthesis\t'The original with the store\'s tags and art'
structure-only\t'The original'"
complete -c musefs -n "__fish_musefs_using_subcommand up" -l case-insensitive -d 'Find names whatever their case' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand up" -l owner -d 'User id that owns everything [default: yours]' -r
complete -c musefs -n "__fish_musefs_using_subcommand up" -l group -d 'Group id that owns everything [default: yours]' -r
complete -c musefs -n "__fish_musefs_using_subcommand up" -l file-mode -d 'Permissions of files, in octal' -r
complete -c musefs -n "__fish_musefs_using_subcommand up" -l dir-mode -d 'Permissions of folders, in octal' -r
complete -c musefs -n "__fish_musefs_using_subcommand up" -l sidecars -d 'Show lyrics, cue sheets, logs, booklets and covers that lie beside the music next to its tracks [default: true for up and why, false for mount and export]' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand up" -l sidecar-include -d 'Also show files whose names are like this, such as \'*.txt\'; may be repeated' -r
complete -c musefs -n "__fish_musefs_using_subcommand up" -l sidecar-exclude -d 'Show no files whose names are like this, such as \'*.log\' or \'Scans/*\'; may be repeated' -r
complete -c musefs -n "__fish_musefs_using_subcommand up" -l poll-interval-ms -d 'How often the store is asked for changes' -r
complete -c musefs -n "__fish_musefs_using_subcommand up" -l attr-ttl-ms -d 'How long the kernel may keep names and attributes; changes are pushed to it at once all the same' -r
complete -c musefs -n "__fish_musefs_using_subcommand up" -l read-ahead-budget-mib -d 'Memory for reading ahead of slow disks; 0 turns it off' -r
complete -c musefs -n "__fish_musefs_using_subcommand up" -l max-readahead-kib -d 'How far the kernel itself reads ahead' -r
complete -c musefs -n "__fish_musefs_using_subcommand up" -l max-background -d 'Requests the kernel may have in flight in the background' -r
complete -c musefs -n "__fish_musefs_using_subcommand up" -l workers -d 'Threads that wait for storage; 0 for none [default: by the machine]' -r
complete -c musefs -n "__fish_musefs_using_subcommand up" -l keep-cache -d 'Keep file contents in the kernel\'s cache from one open to the next' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand up" -l reflink -d 'Let edited files share the extents of the originals (XFS, btrfs), so that the kernel reads them by itself' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand up" -l splice-dir -d 'Where the unnamed files for that are made [default: the original\'s own folder]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand up" -l allow-other -d 'Let other users see the mount' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand up" -l on-change -d 'Run this in a shell after the view changed' -r
complete -c musefs -n "__fish_musefs_using_subcommand up" -l notify-url -d 'Post to this address after the view changed' -r
complete -c musefs -n "__fish_musefs_using_subcommand up" -l on-change-delay-ms -d 'How long it must be quiet before that' -r
complete -c musefs -n "__fish_musefs_using_subcommand up" -l expose-metrics -d 'Show metrics in .musefs-metrics/metrics' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand up" -l metrics-listen -d 'Answer HTTP requests for metrics at this address, such as 127.0.0.1:9184' -r
complete -c musefs -n "__fish_musefs_using_subcommand up" -l covers -d 'Show the front picture of its tracks as cover.jpg or cover.png in each folder that shows no such picture [default: true for up, false for mount]' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand up" -l playlists -d 'Show a playlist in each folder of tracks, and one of all tracks in the root and in each view\'s folder' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand up" -s q -l quiet -d 'Say nothing but errors' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand up" -s v -l verbose -d 'Say more in the log; twice for everything'
complete -c musefs -n "__fish_musefs_using_subcommand up" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and not __fish_seen_subcommand_from get set add remove export import help" -s h -l help -d 'Print help'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and not __fish_seen_subcommand_from get set add remove export import help" -f -a "get" -d 'Show tags'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and not __fish_seen_subcommand_from get set add remove export import help" -f -a "set" -d 'Give keys these values and no others'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and not __fish_seen_subcommand_from get set add remove export import help" -f -a "add" -d 'Give keys further values'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and not __fish_seen_subcommand_from get set add remove export import help" -f -a "remove" -d 'Take keys, or some of their values, away'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and not __fish_seen_subcommand_from get set add remove export import help" -f -a "export" -d 'Write tags to a CSV or JSON lines file'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and not __fish_seen_subcommand_from get set add remove export import help" -f -a "import" -d 'Take tags from such a file'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and not __fish_seen_subcommand_from get set add remove export import help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from get" -l db -d 'The store [default: musefs/library.db in the user\'s data folder]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from set" -l db -d 'The store [default: musefs/library.db in the user\'s data folder]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say nothing but errors' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change, and change nothing'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more in the log; twice for everything'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from add" -l db -d 'The store [default: musefs/library.db in the user\'s data folder]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say nothing but errors' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change, and change nothing'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more in the log; twice for everything'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from remove" -l db -d 'The store [default: musefs/library.db in the user\'s data folder]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say nothing but errors' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from remove" -l binary -d 'Also the binary values of the keys'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change, and change nothing'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more in the log; twice for everything'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from export" -l db -d 'The store [default: musefs/library.db in the user\'s data folder]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from export" -l format -d 'How to write them [default: by the file\'s name, else jsonl]' -r -f -a "csv\t'A track a line, separated by commas, with a head'
jsonl\t'A track a line, as JSON'"
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from export" -s o -l output -d 'Where to [default: standard output]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from export" -l force -d 'Write over a file that is there'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from import" -l db -d 'The store [default: musefs/library.db in the user\'s data folder]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from import" -l format -d 'What it is [default: by its name, else jsonl]' -r -f -a "csv\t'A track a line, separated by commas, with a head'
jsonl\t'A track a line, as JSON'"
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Say nothing but errors' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from import" -l dry-run -d 'Show what would change, and change nothing'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from import" -s v -l verbose -d 'Say more in the log; twice for everything'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from help" -f -a "get" -d 'Show tags'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from help" -f -a "set" -d 'Give keys these values and no others'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from help" -f -a "add" -d 'Give keys further values'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Take keys, or some of their values, away'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from help" -f -a "export" -d 'Write tags to a CSV or JSON lines file'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from help" -f -a "import" -d 'Take tags from such a file'
complete -c musefs -n "__fish_musefs_using_subcommand tag; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c musefs -n "__fish_musefs_using_subcommand art; and not __fish_seen_subcommand_from set remove extract help" -s h -l help -d 'Print help'
complete -c musefs -n "__fish_musefs_using_subcommand art; and not __fish_seen_subcommand_from set remove extract help" -f -a "set" -d 'Give tracks a picture, in place of theirs of the same type'
complete -c musefs -n "__fish_musefs_using_subcommand art; and not __fish_seen_subcommand_from set remove extract help" -f -a "remove" -d 'Take pictures away'
complete -c musefs -n "__fish_musefs_using_subcommand art; and not __fish_seen_subcommand_from set remove extract help" -f -a "extract" -d 'Write the pictures of tracks into a folder'
complete -c musefs -n "__fish_musefs_using_subcommand art; and not __fish_seen_subcommand_from set remove extract help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c musefs -n "__fish_musefs_using_subcommand art; and __fish_seen_subcommand_from set" -l db -d 'The store [default: musefs/library.db in the user\'s data folder]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand art; and __fish_seen_subcommand_from set" -l type -d 'What it shows: front, back, artist and so on, or a number from 0 to 20' -r
complete -c musefs -n "__fish_musefs_using_subcommand art; and __fish_seen_subcommand_from set" -l description -d 'Its description' -r
complete -c musefs -n "__fish_musefs_using_subcommand art; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say nothing but errors' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand art; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change, and change nothing'
complete -c musefs -n "__fish_musefs_using_subcommand art; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more in the log; twice for everything'
complete -c musefs -n "__fish_musefs_using_subcommand art; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help'
complete -c musefs -n "__fish_musefs_using_subcommand art; and __fish_seen_subcommand_from remove" -l db -d 'The store [default: musefs/library.db in the user\'s data folder]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand art; and __fish_seen_subcommand_from remove" -l type -d 'Only those of this type [default: all, so that the files\' own show again]' -r
complete -c musefs -n "__fish_musefs_using_subcommand art; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say nothing but errors' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand art; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change, and change nothing'
complete -c musefs -n "__fish_musefs_using_subcommand art; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more in the log; twice for everything'
complete -c musefs -n "__fish_musefs_using_subcommand art; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c musefs -n "__fish_musefs_using_subcommand art; and __fish_seen_subcommand_from extract" -l db -d 'The store [default: musefs/library.db in the user\'s data folder]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand art; and __fish_seen_subcommand_from extract" -s q -l quiet -d 'Say nothing but errors' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand art; and __fish_seen_subcommand_from extract" -s v -l verbose -d 'Say more in the log; twice for everything'
complete -c musefs -n "__fish_musefs_using_subcommand art; and __fish_seen_subcommand_from extract" -s h -l help -d 'Print help'
complete -c musefs -n "__fish_musefs_using_subcommand art; and __fish_seen_subcommand_from help" -f -a "set" -d 'Give tracks a picture, in place of theirs of the same type'
complete -c musefs -n "__fish_musefs_using_subcommand art; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Take pictures away'
complete -c musefs -n "__fish_musefs_using_subcommand art; and __fish_seen_subcommand_from help" -f -a "extract" -d 'Write the pictures of tracks into a folder'
complete -c musefs -n "__fish_musefs_using_subcommand art; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c musefs -n "__fish_musefs_using_subcommand ls" -l db -d 'The store [default: musefs/library.db in the user\'s data folder]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand ls" -l template -d 'Where a track goes, such as \'$albumartist/$album/$title\'' -r
complete -c musefs -n "__fish_musefs_using_subcommand ls" -l view -d 'A folder at the root with a template of its own, such as \'by-genre=%each{genre}/$artist/$title\'; may be repeated. Without --template there are these alone' -r
complete -c musefs -n "__fish_musefs_using_subcommand ls" -l names -d 'Which names are made: any, those that Windows takes as well, or those of them in ASCII' -r -f -a "posix\t'Anything but `/`'
windows\t'What Windows takes, over Samba for instance'
ascii\t'What Windows takes, in ASCII'"
complete -c musefs -n "__fish_musefs_using_subcommand ls" -l default-fallback -d 'What stands for a field that is empty' -r
complete -c musefs -n "__fish_musefs_using_subcommand ls" -l fallback -d 'What stands for this field when it is empty; may be repeated' -r
complete -c musefs -n "__fish_musefs_using_subcommand ls" -l skip-on-missing -d 'Leave out tracks that lack a field of the template' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand ls" -l mode -d 'Whether files show the store\'s tags, or are just arranged by them' -r -f -a "synthesis\t'The original with the store\'s tags and art'
structure-only\t'The original'"
complete -c musefs -n "__fish_musefs_using_subcommand ls" -l case-insensitive -d 'Find names whatever their case' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand ls" -l owner -d 'User id that owns everything [default: yours]' -r
complete -c musefs -n "__fish_musefs_using_subcommand ls" -l group -d 'Group id that owns everything [default: yours]' -r
complete -c musefs -n "__fish_musefs_using_subcommand ls" -l file-mode -d 'Permissions of files, in octal' -r
complete -c musefs -n "__fish_musefs_using_subcommand ls" -l dir-mode -d 'Permissions of folders, in octal' -r
complete -c musefs -n "__fish_musefs_using_subcommand ls" -l files -d 'Print the files themselves, not where a mount shows them'
complete -c musefs -n "__fish_musefs_using_subcommand ls" -s 0 -l null -d 'End each path with a NUL instead of a line break, as xargs -0 reads it'
complete -c musefs -n "__fish_musefs_using_subcommand ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c musefs -n "__fish_musefs_using_subcommand query" -l db -d 'The store [default: musefs/library.db in the user\'s data folder]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand query" -s h -l help -d 'Print help'
complete -c musefs -n "__fish_musefs_using_subcommand why" -l db -d 'The store [default: musefs/library.db in the user\'s data folder]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand why" -l template -d 'Where a track goes, such as \'$albumartist/$album/$title\'' -r
complete -c musefs -n "__fish_musefs_using_subcommand why" -l view -d 'A folder at the root with a template of its own, such as \'by-genre=%each{genre}/$artist/$title\'; may be repeated. Without --template there are these alone' -r
complete -c musefs -n "__fish_musefs_using_subcommand why" -l names -d 'Which names are made: any, those that Windows takes as well, or those of them in ASCII' -r -f -a "posix\t'Anything but `/`'
windows\t'What Windows takes, over Samba for instance'
ascii\t'What Windows takes, in ASCII'"
complete -c musefs -n "__fish_musefs_using_subcommand why" -l default-fallback -d 'What stands for a field that is empty' -r
complete -c musefs -n "__fish_musefs_using_subcommand why" -l fallback -d 'What stands for this field when it is empty; may be repeated' -r
complete -c musefs -n "__fish_musefs_using_subcommand why" -l skip-on-missing -d 'Leave out tracks that lack a field of the template' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand why" -l mode -d 'Whether files show the store\'s tags, or are just arranged by them' -r -f -a "synthesis\t'The original with the store\'s tags and art'
structure-only\t'The original'"
complete -c musefs -n "__fish_musefs_using_subcommand why" -l case-insensitive -d 'Find names whatever their case' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand why" -l owner -d 'User id that owns everything [default: yours]' -r
complete -c musefs -n "__fish_musefs_using_subcommand why" -l group -d 'Group id that owns everything [default: yours]' -r
complete -c musefs -n "__fish_musefs_using_subcommand why" -l file-mode -d 'Permissions of files, in octal' -r
complete -c musefs -n "__fish_musefs_using_subcommand why" -l dir-mode -d 'Permissions of folders, in octal' -r
complete -c musefs -n "__fish_musefs_using_subcommand why" -l sidecars -d 'Show lyrics, cue sheets, logs, booklets and covers that lie beside the music next to its tracks [default: true for up and why, false for mount and export]' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand why" -l sidecar-include -d 'Also show files whose names are like this, such as \'*.txt\'; may be repeated' -r
complete -c musefs -n "__fish_musefs_using_subcommand why" -l sidecar-exclude -d 'Show no files whose names are like this, such as \'*.log\' or \'Scans/*\'; may be repeated' -r
complete -c musefs -n "__fish_musefs_using_subcommand why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c musefs -n "__fish_musefs_using_subcommand export" -l db -d 'The store [default: musefs/library.db in the user\'s data folder]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand export" -l template -d 'Where a track goes, such as \'$albumartist/$album/$title\'' -r
complete -c musefs -n "__fish_musefs_using_subcommand export" -l view -d 'A folder at the root with a template of its own, such as \'by-genre=%each{genre}/$artist/$title\'; may be repeated. Without --template there are these alone' -r
complete -c musefs -n "__fish_musefs_using_subcommand export" -l names -d 'Which names are made: any, those that Windows takes as well, or those of them in ASCII' -r -f -a "posix\t'Anything but `/`'
windows\t'What Windows takes, over Samba for instance'
ascii\t'What Windows takes, in ASCII'"
complete -c musefs -n "__fish_musefs_using_subcommand export" -l default-fallback -d 'What stands for a field that is empty' -r
complete -c musefs -n "__fish_musefs_using_subcommand export" -l fallback -d 'What stands for this field when it is empty; may be repeated' -r
complete -c musefs -n "__fish_musefs_using_subcommand export" -l skip-on-missing -d 'Leave out tracks that lack a field of the template' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand export" -l mode -d 'Whether files show the store\'s tags, or are just arranged by them' -r -f -a "synthesis\t'The original with the store\'s tags and art'
structure-only\t'The original'"
complete -c musefs -n "__fish_musefs_using_subcommand export" -l case-insensitive -d 'Find names whatever their case' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand export" -l owner -d 'User id that owns everything [default: yours]' -r
complete -c musefs -n "__fish_musefs_using_subcommand export" -l group -d 'Group id that owns everything [default: yours]' -r
complete -c musefs -n "__fish_musefs_using_subcommand export" -l file-mode -d 'Permissions of files, in octal' -r
complete -c musefs -n "__fish_musefs_using_subcommand export" -l dir-mode -d 'Permissions of folders, in octal' -r
complete -c musefs -n "__fish_musefs_using_subcommand export" -l sidecars -d 'Show lyrics, cue sheets, logs, booklets and covers that lie beside the music next to its tracks [default: true for up and why, false for mount and export]' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand export" -l sidecar-include -d 'Also show files whose names are like this, such as \'*.txt\'; may be repeated' -r
complete -c musefs -n "__fish_musefs_using_subcommand export" -l sidecar-exclude -d 'Show no files whose names are like this, such as \'*.log\' or \'Scans/*\'; may be repeated' -r
complete -c musefs -n "__fish_musefs_using_subcommand export" -s q -l quiet -d 'Say nothing but errors' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand export" -l dry-run -d 'Print what would be written, and write nothing'
complete -c musefs -n "__fish_musefs_using_subcommand export" -l force -d 'Also write over files that an export did not write'
complete -c musefs -n "__fish_musefs_using_subcommand export" -s v -l verbose -d 'Say more in the log; twice for everything'
complete -c musefs -n "__fish_musefs_using_subcommand export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c musefs -n "__fish_musefs_using_subcommand inspect" -l json -d 'Print JSON'
complete -c musefs -n "__fish_musefs_using_subcommand inspect" -s h -l help -d 'Print help'
complete -c musefs -n "__fish_musefs_using_subcommand history" -l db -d 'The store [default: musefs/library.db in the user\'s data folder]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand history" -l limit -d 'At most so many edits, the latest' -r
complete -c musefs -n "__fish_musefs_using_subcommand history" -l json -d 'Print JSON, one edit a line'
complete -c musefs -n "__fish_musefs_using_subcommand history" -s h -l help -d 'Print help'
complete -c musefs -n "__fish_musefs_using_subcommand undo" -l db -d 'The store [default: musefs/library.db in the user\'s data folder]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand undo" -l edit -d 'The edit, as musefs history numbers it [default: the latest that was not taken back]' -r
complete -c musefs -n "__fish_musefs_using_subcommand undo" -l yes -d 'Also where something was changed again since'
complete -c musefs -n "__fish_musefs_using_subcommand undo" -s h -l help -d 'Print help'
complete -c musefs -n "__fish_musefs_using_subcommand revert" -l db -d 'The store [default: musefs/library.db in the user\'s data folder]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand revert" -s q -l quiet -d 'Say nothing but errors' -r -f -a "true\t''
false\t''"
complete -c musefs -n "__fish_musefs_using_subcommand revert" -s v -l verbose -d 'Say more in the log; twice for everything'
complete -c musefs -n "__fish_musefs_using_subcommand revert" -s h -l help -d 'Print help'
complete -c musefs -n "__fish_musefs_using_subcommand doctor" -l db -d 'The store [default: that of musefs up, if there is one]' -r -F
complete -c musefs -n "__fish_musefs_using_subcommand doctor" -l json -d 'Print JSON'
complete -c musefs -n "__fish_musefs_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c musefs -n "__fish_musefs_using_subcommand status" -l watch -d 'Go on, every so many seconds, until Ctrl-C' -r
complete -c musefs -n "__fish_musefs_using_subcommand status" -l json -d 'Print JSON: every metric by its name'
complete -c musefs -n "__fish_musefs_using_subcommand status" -s h -l help -d 'Print help'
complete -c musefs -n "__fish_musefs_using_subcommand generate" -s h -l help -d 'Print help'
complete -c musefs -n "__fish_musefs_using_subcommand help; and not __fish_seen_subcommand_from scan revalidate mount up tag art ls query why export inspect history undo revert doctor status generate help" -f -a "scan" -d 'Read new files into the store'
complete -c musefs -n "__fish_musefs_using_subcommand help; and not __fish_seen_subcommand_from scan revalidate mount up tag art ls query why export inspect history undo revert doctor status generate help" -f -a "revalidate" -d 'Read changed files again, keeping curated tags and art'
complete -c musefs -n "__fish_musefs_using_subcommand help; and not __fish_seen_subcommand_from scan revalidate mount up tag art ls query why export inspect history undo revert doctor status generate help" -f -a "mount" -d 'Show the store as a tree of files'
complete -c musefs -n "__fish_musefs_using_subcommand help; and not __fish_seen_subcommand_from scan revalidate mount up tag art ls query why export inspect history undo revert doctor status generate help" -f -a "up" -d 'Scan what is new, mount, and keep the view fresh, until Ctrl-C'
complete -c musefs -n "__fish_musefs_using_subcommand help; and not __fish_seen_subcommand_from scan revalidate mount up tag art ls query why export inspect history undo revert doctor status generate help" -f -a "tag" -d 'Show, change, export or import tags'
complete -c musefs -n "__fish_musefs_using_subcommand help; and not __fish_seen_subcommand_from scan revalidate mount up tag art ls query why export inspect history undo revert doctor status generate help" -f -a "art" -d 'Set, remove or extract pictures'
complete -c musefs -n "__fish_musefs_using_subcommand help; and not __fish_seen_subcommand_from scan revalidate mount up tag art ls query why export inspect history undo revert doctor status generate help" -f -a "ls" -d 'List the files of tracks'
complete -c musefs -n "__fish_musefs_using_subcommand help; and not __fish_seen_subcommand_from scan revalidate mount up tag art ls query why export inspect history undo revert doctor status generate help" -f -a "query" -d 'Show all that the store knows of tracks, as JSON lines'
complete -c musefs -n "__fish_musefs_using_subcommand help; and not __fish_seen_subcommand_from scan revalidate mount up tag art ls query why export inspect history undo revert doctor status generate help" -f -a "why" -d 'Tell where a file is in the view, or why it is not'
complete -c musefs -n "__fish_musefs_using_subcommand help; and not __fish_seen_subcommand_from scan revalidate mount up tag art ls query why export inspect history undo revert doctor status generate help" -f -a "export" -d 'Write the files of a view as real files'
complete -c musefs -n "__fish_musefs_using_subcommand help; and not __fish_seen_subcommand_from scan revalidate mount up tag art ls query why export inspect history undo revert doctor status generate help" -f -a "inspect" -d 'Show what a file is made of'
complete -c musefs -n "__fish_musefs_using_subcommand help; and not __fish_seen_subcommand_from scan revalidate mount up tag art ls query why export inspect history undo revert doctor status generate help" -f -a "history" -d 'Show who changed what in the store'
complete -c musefs -n "__fish_musefs_using_subcommand help; and not __fish_seen_subcommand_from scan revalidate mount up tag art ls query why export inspect history undo revert doctor status generate help" -f -a "undo" -d 'Take back an edit of the store'
complete -c musefs -n "__fish_musefs_using_subcommand help; and not __fish_seen_subcommand_from scan revalidate mount up tag art ls query why export inspect history undo revert doctor status generate help" -f -a "revert" -d 'Give tracks the tags and art of their files again'
complete -c musefs -n "__fish_musefs_using_subcommand help; and not __fish_seen_subcommand_from scan revalidate mount up tag art ls query why export inspect history undo revert doctor status generate help" -f -a "doctor" -d 'Say what is wrong with this machine, a store or a mount, and what to do'
complete -c musefs -n "__fish_musefs_using_subcommand help; and not __fish_seen_subcommand_from scan revalidate mount up tag art ls query why export inspect history undo revert doctor status generate help" -f -a "status" -d 'Show how a mount is doing'
complete -c musefs -n "__fish_musefs_using_subcommand help; and not __fish_seen_subcommand_from scan revalidate mount up tag art ls query why export inspect history undo revert doctor status generate help" -f -a "generate" -d 'Write man pages, shell completions and the dashboard into a folder'
complete -c musefs -n "__fish_musefs_using_subcommand help; and not __fish_seen_subcommand_from scan revalidate mount up tag art ls query why export inspect history undo revert doctor status generate help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c musefs -n "__fish_musefs_using_subcommand help; and __fish_seen_subcommand_from tag" -f -a "get" -d 'Show tags'
complete -c musefs -n "__fish_musefs_using_subcommand help; and __fish_seen_subcommand_from tag" -f -a "set" -d 'Give keys these values and no others'
complete -c musefs -n "__fish_musefs_using_subcommand help; and __fish_seen_subcommand_from tag" -f -a "add" -d 'Give keys further values'
complete -c musefs -n "__fish_musefs_using_subcommand help; and __fish_seen_subcommand_from tag" -f -a "remove" -d 'Take keys, or some of their values, away'
complete -c musefs -n "__fish_musefs_using_subcommand help; and __fish_seen_subcommand_from tag" -f -a "export" -d 'Write tags to a CSV or JSON lines file'
complete -c musefs -n "__fish_musefs_using_subcommand help; and __fish_seen_subcommand_from tag" -f -a "import" -d 'Take tags from such a file'
complete -c musefs -n "__fish_musefs_using_subcommand help; and __fish_seen_subcommand_from art" -f -a "set" -d 'Give tracks a picture, in place of theirs of the same type'
complete -c musefs -n "__fish_musefs_using_subcommand help; and __fish_seen_subcommand_from art" -f -a "remove" -d 'Take pictures away'
complete -c musefs -n "__fish_musefs_using_subcommand help; and __fish_seen_subcommand_from art" -f -a "extract" -d 'Write the pictures of tracks into a folder'
