using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Hydra.Soak.Support;
using Hydra.Soak.Transfers;
using Hydra.Storage;

namespace Hydra.Soak;

/// <summary>
/// Money that transactional steps move between accounts, while each second a worker is killed and every other all
/// connections end: none is lost, none is made, and each transfer is in the ledger once.
/// </summary>
public abstract class TransferTests(ITestOutputHelper output) : SceneTest
{
    private static readonly bool Full = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1";
    private static readonly int Transfers = Full ? 100_000 : 5_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(Full ? 60 : 5);

    private readonly ConcurrentDictionary<ExecutionId, Transfer> _started = [];
    private int _cuts;

    [Theory]
    [InlineData("transfer")]
    [InlineData("transfer-with-context")]
    public async Task Every_transfer_happens_once_whoever_dies(string workflow)
    {
        var seed = Environment.GetEnvironmentVariable("HYDRA_SEED") is { } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        output.WriteLine($"HYDRA_SEED={seed}");
        var random = new Random(seed);
        var bank = new Bank(ConnectAsync);
        var tellers = new Tellers(Scene, random, Concurrency);
        var client = await Scene.OpenClientAsync();
        await bank.OpenAsync();
        await StartAsync(client, workflow, random);

        var watch = Stopwatch.StartNew();
        await HurtUntilDoneAsync(client, bank, tellers);
        var taken = watch.Elapsed;

        Assert.All(await tellers.EndAsync(), static code => Assert.Equal(0, code));
        Assert.Equal(Bank.Money, await bank.SumAsync());
        var ledger = await bank.LedgerAsync();
        Assert.Equal(Bank.BalancesAfter(ledger), await bank.BalancesAsync());
        Assert.Equal(Transfers, ledger.Count);
        var delivered = await CompareAsync(client, ledger.ToDictionary(static line => line.Execution));
        Assert.True(tellers.Kills > 0, "Nobody was killed.");
        Assert.True(_cuts > 0 || !HasServer, "No connections were ended.");
        Figures.Write($"{workflow} on {Name}", string.Create(
            CultureInfo.InvariantCulture,
            $"{Transfers} transfers in {taken.TotalSeconds:0.0} s; {tellers.Kills} workers killed, {tellers.Stops} "
            + $"stopped, all connections ended {_cuts} times; {delivered} results delivered by another owner"));
    }

    private protected abstract string Name { get; }

    /// <summary>How many transfers each process has under way.</summary>
    private protected virtual int Concurrency => 10;

    /// <summary>Opens a connection of the test's own, past everything that is cut.</summary>
    private protected abstract Task<DbConnection> ConnectAsync();

    /// <summary>Whether there is a server, which can end connections.</summary>
    private protected virtual bool HasServer => false;

    /// <summary>Ends the connections of all programs, where there is a server.</summary>
    private protected virtual Task CutAsync() => Task.CompletedTask;

    private async Task StartAsync(IHydraClient client, string workflow, Random random)
    {
        const int AtOnce = 500;
        for (var left = Transfers; left > 0; left -= AtOnce)
        {
            var transfers = Enumerable.Range(0, AtOnce).Select(_ => Transfer.Draw(random)).ToList();
            await Task.WhenAll(transfers.Select(async transfer =>
            {
                var handle = await client.StartAsync(workflow, transfer.Input, new() { MaxAttempts = 1 }, Cancellation);
                _started[handle.Id] = transfer;
            }));
        }
    }

    private async Task HurtUntilDoneAsync(IHydraClient client, Bank bank, Tellers tellers)
    {
        var begun = Stopwatch.GetTimestamp();
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1));
        tellers.Start();
        for (var second = 1; second == 1 || await CountOpenAsync(client) > 0; second++)
        {
            Assert.True(
                Stopwatch.GetElapsedTime(begun) < Patience, $"{await CountOpenAsync(client)} transfers are left.");
            await pace.WaitForNextTickAsync(Cancellation);
            tellers.Hurt(second);
            if (second % 2 == 0 && HasServer)
            {
                await CutAsync();
                _cuts++;
            }

            Assert.Equal(Bank.Money, await bank.SumAsync());
        }
    }

    private static Task<long> CountOpenAsync(IHydraClient client) => Patiently.ReadAsync(async () =>
        (await client.StatisticsAsync(Transfers * 2, Cancellation)).Counts.Executions
            .Where(static count => !count.State.IsTerminal())
            .Sum(static count => count.Count));

    /// <summary>What the history of each execution says is what the ledger says.</summary>
    /// <returns>How many results were committed by one owner and delivered by another.</returns>
    private async Task<int> CompareAsync(IHydraClient client, Dictionary<string, LedgerLine> ledger)
    {
        var delivered = 0;
        var atOnce = new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancellation };
        await Parallel.ForEachAsync(_started, atOnce, async (started, _) =>
        {
            var (id, transfer) = started;
            var line = Assert.Contains(id.ToString(), ledger);
            var details = await Patiently.ReadAsync(() => client.Execution(id).DescribeAsync(Cancellation));
            var step = Assert.Single(details.Journal, static entry => entry.Kind == EntryKind.Step);
            var landed = Assert.Single(
                details.Tries, static one => one is { Phase: TryPhase.Landed, Failure.IsNone: true });
            Assert.Equal(
                (ExecutionState.Completed, "move", false, "move", "move", transfer),
                (details.Row.State, step.Key, step.Failed, landed.Key, line.Step, line.Transfer));
            Assert.Equal($"\"{line.Receipt}\"", Text(step.Output));
            Assert.Equal($"\"{line.Receipt}\"", Text(landed.Output));
            if (landed.Epoch != step.Epoch)
            {
                Interlocked.Increment(ref delivered);
            }
        });
        return delivered;
    }

    private static string Text(Payload payload) => Encoding.UTF8.GetString(payload.Data.Span);
}
