using System.Diagnostics;
using System.Globalization;
using Hydra.Soak.Servers;
using Hydra.Tests.Servers;

namespace Hydra.Soak.Chaos;

/// <summary>
/// Hurts the server: every few seconds all connections end, and at times the server itself; answers to commits are
/// lost, and reads are reset.
/// </summary>
internal sealed class ServerNemesis(SoakServer server) : IOutages
{
    private const int TerminateEvery = 3; // Seconds, as is the next.
    private const int CrashEvery = 12;
    private const int LoseEvery = 10; // Answers to commits.
    private const int ResetEvery = 10; // Reads.

    private readonly List<(long From, long To)> _down = [];
    private int _terminations;
    private int _commits;
    private int _reads;

    public int Crashes => _down.Count;

    /// <summary>How often all connections were ended.</summary>
    public int Terminations => _terminations;

    /// <summary>How many answers to commits were lost.</summary>
    public int LostAnswers => server.Proxy.CutAnswers;

    /// <summary>How many reads were reset.</summary>
    public int Resets => _reads / ResetEvery;

    /// <summary>Goes on for a while; the server is up when it returns.</summary>
    public async Task HurtAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        server.Proxy.OnComplete = LoseSome;
        server.Proxy.OnExecute = ResetSome;
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (var second = 1; second < duration.TotalSeconds; second++)
        {
            await pace.WaitForNextTickAsync(cancellationToken);
            if (second % CrashEvery == 0)
            {
                var from = Stopwatch.GetTimestamp();
                await server.CrashAsync();
                await pace.WaitForNextTickAsync(cancellationToken);
                await server.RestartAsync();
                NoteOutage(from);
            }
            else if (second % TerminateEvery == 0)
            {
                await server.TerminateConnectionsAsync();
                _terminations++;
            }
        }

        server.Proxy.OnComplete = static _ => Fate.Pass;
        server.Proxy.OnExecute = static _ => Fate.Pass;
    }

    /// <summary>
    /// Until the server was back for the last time: after an outage, which looks like the death of all, everybody has
    /// to be on time again before anybody may judge.
    /// </summary>
    public TimeSpan Excused(long from, long to)
    {
        lock (_down)
        {
            var back = _down
                .Where(down => down.From < to && down.To > from)
                .Select(down => down.To)
                .LastOrDefault(from);
            return Stopwatch.GetElapsedTime(from, Math.Min(back, to));
        }
    }

    public bool MayUndo(long from, long to)
    {
        lock (_down)
        {
            return server.ShowsBeforeItKeeps && _down.Exists(down => down.From < to && down.To > from);
        }
    }

    public string Describe()
    {
        lock (_down)
        {
            var down = _down.Sum(static down => Stopwatch.GetElapsedTime(down.From, down.To).TotalSeconds);
            return string.Create(CultureInfo.InvariantCulture,
                $"all connections ended {Terminations} times; server down {Crashes} times, for {down:0.00} s in all; "
                + $"{LostAnswers} of {_commits} answers to commits lost, {Resets} of {_reads} reads reset");
        }
    }

    private Fate LoseSome(string text) =>
        server.Proxy.Commits(text) && Interlocked.Increment(ref _commits) % LoseEvery == 0 ? Fate.Cut : Fate.Pass;

    private Fate ResetSome(string text) =>
        server.Proxy.Reads(text) && Interlocked.Increment(ref _reads) % ResetEvery == 0 ? Fate.Cut : Fate.Pass;

    private void NoteOutage(long from)
    {
        lock (_down)
        {
            _down.Add((from, Stopwatch.GetTimestamp()));
        }
    }
}
