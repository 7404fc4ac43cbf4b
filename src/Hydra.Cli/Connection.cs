using System.CommandLine;

namespace Hydra.Cli;

/// <summary>The options that every command has, and the engine that they open.</summary>
internal sealed class Connection
{
    // A person waits for the answer: what is not there within seconds is told, not waited for.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // Not those of the application, which nobody has told it: the values are shown that it has let in.
    private static readonly Limits Largest = new()
    {
        PayloadBytes = 64 * 1024 * 1024,
        JournalBytes = 64 * 1024 * 1024,
    };

    private readonly Option<string?> _database = new("--database")
    {
        Description = "sqlite:relative.db, sqlite:///absolute/path.db, postgres://user@host/database or "
            + "mysql://user@host/database; @file and - read it from a file or standard input. By default the "
            + "environment's DATABASE_URL.",
        HelpName = "URL|@file|-",
        Recursive = true,
    };

    private readonly Option<string?> _namespace = new("--namespace")
    {
        Description = "The namespace of the executions. By default the environment's NAMESPACE, or 'default'.",
        HelpName = "NAME",
        Recursive = true,
    };

    private readonly Option<string?> _keys = new("--keys")
    {
        Description = "The file with the keys of encrypted payloads, name:base64 on each line, the current key first. "
            + "By default the environment's HYDRA_KEYS; without keys such payloads are shown as encrypted.",
        HelpName = "@file",
        Recursive = true,
    };

    private string? _url; // Once it is found: standard input can be read only once.

    public Option<bool> Json { get; } = new("--json")
    {
        Description = "Print JSON instead of tables, and errors as {\"error\":...}.",
        Recursive = true,
    };

    public void AddTo(RootCommand root)
    {
        root.Options.Add(_database);
        root.Options.Add(_namespace);
        root.Options.Add(_keys);
        root.Options.Add(Json);
    }

    /// <summary>Opens the database that the command names. It runs no workflows.</summary>
    /// <exception cref="UsageException">No database is named, or none that can be reached.</exception>
    public async Task<HydraEngine> OpenAsync(ParseResult parse, bool migrate, CancellationToken cancellationToken)
    {
        var url = Resolve(parse);
        var keys = FindKeys(parse.GetValue(_keys));
        try
        {
            return await HydraEngine.OpenAsync(
                hydra =>
                {
                    hydra.UseDatabase(url);
                    hydra.Namespace = FindNamespace(parse) ?? hydra.Namespace;
                    hydra.MigrateOnOpen = migrate;
                    if (keys is not null)
                    {
                        hydra.Payloads.Encrypt(keys);
                    }

                    hydra.ClientPatience = Patience;
                    hydra.Limits = Largest;
                },
                cancellationToken);
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <summary>The URL of the database, or null when none is named.</summary>
    /// <exception cref="UsageException">One is named that cannot be read.</exception>
    public string? FindUrl(ParseResult parse) => _url ??= Find(parse.GetValue(_database));

    /// <summary>The namespace that the command names; null for the library's default.</summary>
    public string? FindNamespace(ParseResult parse) => parse.GetValue(_namespace) ?? Environment("NAMESPACE");

    private static KeyRing? FindKeys(string? option)
    {
        var text = option switch
        {
            null => Environment("HYDRA_KEYS"),
            ['@', .. var path] => ArgumentFile.Read(path, "--keys"),
            _ => throw new UsageException(
                "The --keys are a secret, and other users of this machine can read arguments in the list of processes. "
                + "Put them into a file (--keys @file) or into HYDRA_KEYS."),
        };
        try
        {
            return text is null ? null : KeyRing.Parse(text);
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private string Resolve(ParseResult parse) => FindUrl(parse) ?? throw new UsageException(
        "No database is named. Set DATABASE_URL, or pass --database sqlite:file.db.");

    private static string? Find(string? option)
    {
        switch (option)
        {
            case null:
                return Environment("DATABASE_URL");
            case "-":
                return NotEmpty(Console.In.ReadLine(), "Standard input");
            case ['@', .. var path]:
                return NotEmpty(ArgumentFile.Read(path, "--database"), path);
            default:
                return DatabaseUrl.HasPassword(option)
                    ? throw new UsageException(
                        "The --database has a password in it, which other users of this machine can read in the list "
                        + "of processes. Put the URL into DATABASE_URL, a file (--database @file) or standard input "
                        + "(--database -).")
                    : NotEmpty(option, "--database");
        }
    }

    private static string? Environment(string name) =>
        System.Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string NotEmpty(string? text, string source) =>
        string.IsNullOrWhiteSpace(text)
            ? throw new UsageException($"{source} names no database.")
            : text.Trim();
}
