using System.Text.RegularExpressions;

namespace Hydra.MySql;

/// <summary>How the MySQL store uses its database.</summary>
public sealed partial record MySqlStoreOptions
{
    /// <summary>
    /// What the name of every table begins with, so that tables of your own may be in the same database. It starts with
    /// a lower case letter or an underscore and goes on with those and digits, up to 32 characters. The default is
    /// "hydra_".
    /// </summary>
    public string TablePrefix { get; init; } = "hydra_";

    /// <summary>
    /// How long a call waits for rows that another transaction has locked, before it is undone and may be repeated; the
    /// server counts in whole seconds, and part of one counts as one. It must be at most half the claim timeout of a
    /// worker, since a heartbeat waits as well; opening a worker checks that. The default is 2 seconds.
    /// </summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long the server may take for one statement, before it is undone and may be repeated; the client waits a
    /// little longer for an answer. MySQL bounds only reads by it. MariaDB bounds every statement, and with
    /// <see cref="JoinStatements"/> all statements of a round trip together: when that is over, a commit is in doubt.
    /// The default is 10 seconds.
    /// </summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How often a store looks whether another process has made something due, on average: each pause is somewhere
    /// between a third and five thirds of it, so that processes do not look in step. Looks that take long are made less
    /// often: ten times as long as one took is paused after it, up to 5 seconds. The default is 150 milliseconds.
    /// </summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromMilliseconds(150);

    /// <summary>
    /// Whether MariaDB is sent the statements of a round trip as one (<c>BEGIN NOT ATOMIC ... END</c>), which it
    /// answers once: less work and less waiting. Turn it off where a proxy in between cannot follow such a statement
    /// or refuses it. It makes no difference to MySQL, which has no such statement. The default is true.
    /// </summary>
    public bool JoinStatements { get; init; } = true;

    /// <summary>What the server makes of <see cref="LockTimeout"/>.</summary>
    internal TimeSpan LockWait => TimeSpan.FromSeconds(Math.Ceiling(LockTimeout.TotalSeconds));

    /// <summary>How long a process may stand still within a transaction, in seconds.</summary>
    internal int IdleSeconds => Math.Max(1, (int)(LockTimeout / 2).TotalSeconds);

    internal void Validate()
    {
        if (TablePrefix is null || !PrefixPattern().IsMatch(TablePrefix))
        {
            throw new ArgumentException(
                $"{nameof(TablePrefix)} '{TablePrefix}' must start with a lower case letter or an underscore and go on "
                + "with those and digits, up to 32 characters.");
        }

        if (LockTimeout < TimeSpan.FromMilliseconds(10) || LockTimeout > CommandTimeout)
        {
            throw new ArgumentException(
                $"{nameof(LockTimeout)} ({LockTimeout}) must be between 10 milliseconds and {nameof(CommandTimeout)} "
                + $"({CommandTimeout}).");
        }

        if (CommandTimeout < TimeSpan.FromSeconds(1) || CommandTimeout > TimeSpan.FromHours(1))
        {
            throw new ArgumentException(
                $"{nameof(CommandTimeout)} ({CommandTimeout}) must be between a second and an hour.");
        }

        if (ProbeInterval < TimeSpan.FromMilliseconds(10) || ProbeInterval > TimeSpan.FromMinutes(1))
        {
            throw new ArgumentException(
                $"{nameof(ProbeInterval)} ({ProbeInterval}) must be between 10 milliseconds and a minute.");
        }
    }

    [GeneratedRegex(@"^[a-z_][a-z0-9_]{0,31}\z")]
    private static partial Regex PrefixPattern();
}
