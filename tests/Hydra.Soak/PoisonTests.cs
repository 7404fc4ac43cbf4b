using System.Diagnostics;
using System.Globalization;
using System.Text;
using Hydra.Soak.Chaos;
using Hydra.Soak.Support;
using Hydra.Storage;
using Microsoft.Data.Sqlite;

namespace Hydra.Soak;

/// <summary>
/// Workflows that crash, hang, block or cannot be read, beside others that share their processes: the others do not
/// suffer, nobody who lives is taken for dead, and the poison ends with its reason and can be taken up again.
/// </summary>
[Collection(nameof(Alone))]
public class PoisonTests(ITestOutputHelper output) : SceneTest
{
    private const int Neighbours = 1_000;
    private const double Patience = 300; // Of a machine that may be busy with other things.

    private static readonly bool Full = Environment.GetEnvironmentVariable("HYDRA_FULL") == "1";

    private readonly List<(Poison Kind, ExecutionHandle Handle)> _poison = [];
    private readonly List<ExecutionHandle> _neighbours = [];

    [Fact]
    public async Task Poison_harms_no_neighbour_ends_with_its_reason_and_runs_again_once_it_is_mended()
    {
        var client = await Scene.OpenClientAsync();
        using var workers = new Supervisor("poisoned", 3, name => Scene.StartVictim(name));
        var begun = Stopwatch.GetTimestamp();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var working = workers.RunAsync(over.Token);

        await StartNeighboursAsync(client, Neighbours / 2);
        await StartPoisonAsync(client);
        await StartNeighboursAsync(client, Neighbours / 2);

        await NeighboursCompleteAsync(client);
        output.WriteLine($"{Neighbours} neighbours: {Stopwatch.GetElapsedTime(begun)}, {workers.Ends} processes lost");
        await PoisonEndsAsync();
        output.WriteLine($"Poison: {Stopwatch.GetElapsedTime(begun)}, {workers.Ends} processes lost");
        await NobodyWasBuriedAliveAsync(workers);
        await over.CancelAsync();
        await working;

        Scene.StartVictim("mended", ("VICTIM_FIXED", "1"));
        foreach (var (kind, handle) in _poison.Where(one => one.Kind.End == ExecutionState.Blocked))
        {
            if (kind.Reason is null) // Another build frees the others; nobody but a person can tell that this is over.
            {
                Assert.Equal(0, (await Scene.HydraAsync("retry", $"{handle.Id}")).Code);
            }

            await ReachesAsync(handle, ExecutionState.Completed);
        }
    }

    private async Task StartPoisonAsync(IHydraClient client)
    {
        foreach (var kind in Poison.All.SelectMany(kind => Enumerable.Repeat(kind, Full && !kind.IsEndless ? 5 : 1)))
        {
            var options = kind.MaxAttempts is { } most ? new StartOptions { MaxAttempts = most } : null;
            _poison.Add((kind, await client.StartAsync(kind.Workflow, Json(kind.Input), options, Cancellation)));
        }
    }

    private async Task StartNeighboursAsync(IHydraClient client, int count) => _neighbours.AddRange(
        await Task.WhenAll(Enumerable.Range(_neighbours.Count, count).Select(number => client.StartAsync(
            "neighbour", Json(number.ToString(CultureInfo.InvariantCulture)), null, Cancellation))));

    private async Task NeighboursCompleteAsync(IHydraClient client)
    {
        var all = new ExecutionFilter { Workflow = "neighbour", State = ExecutionState.Completed, Limit = Neighbours };
        await Eventually.HoldsAsync(
            "All neighbours have completed",
            async () => (await client.ListAsync(all, Cancellation)).Count == Neighbours,
            Patience);
        for (var number = 0; number < Neighbours; number++)
        {
            var result = await _neighbours[number].OutputAsync(Cancellation);
            Assert.Equal($"{(6 * number) + 12}", Encoding.UTF8.GetString(result.Data.Span));
        }
    }

    private async Task PoisonEndsAsync()
    {
        foreach (var (kind, handle) in _poison)
        {
            if (kind.End == ExecutionState.Cancelled)
            {
                await handle.CancelAsync(Cancellation);
            }

            var row = await ReachesAsync(handle, kind.End);
            if (kind.Reason is { } reason)
            {
                Assert.Contains(reason, await ReasonAsync(handle, row));
            }
            else if (kind.End == ExecutionState.Blocked)
            {
                Assert.Equal(BlockedReason.Quarantined, row.BlockedReason);
                Assert.True(row.Crashes >= row.SoleSuspectCrashes && row.SoleSuspectCrashes == 3, $"{row}");
                await StepIsNamedAsync(kind, handle);
            }
        }
    }

    /// <summary>Whoever looks at what is quarantined sees the step that was running, and no other.</summary>
    private async Task StepIsNamedAsync(Poison kind, ExecutionHandle handle)
    {
        string[] named = kind.Step is { } step ? [step] : [];
        Assert.Equal(named, (await handle.WhyAsync(Cancellation)).RunningSteps.Select(static one => one.Key));
        var said = (await Scene.HydraAsync("why", $"{handle.Id}")).Output;
        Assert.Equal(named.Length, said.Split("was running when it crashed").Length - 1);
        Assert.All(named, key => Assert.Contains($"Step '{key}', try 1, was", said, StringComparison.Ordinal));

        await using var connection = new SqliteConnection($"Data Source={Scene.Database};Pooling=False");
        await connection.OpenAsync(Cancellation);
        await using var command = connection.CreateCommand();
        command.CommandText =
            "SELECT detail FROM hydra_why_not_running WHERE workflow = $workflow AND reason = 'quarantined'";
        command.Parameters.AddWithValue("$workflow", kind.Workflow);
        var detail = Assert.IsType<string>(await command.ExecuteScalarAsync(Cancellation));
        Assert.Equal(string.Concat(named.Select(static key => $"running then: {key}")), string.Concat(
            detail.Split("; ").Where(static part => part.StartsWith("running then", StringComparison.Ordinal))));
    }

    /// <summary>What the failure of an ended execution says, or the refusal of a blocked one.</summary>
    private static async Task<string> ReasonAsync(ExecutionHandle handle, ExecutionRow row)
    {
        if (row.State != ExecutionState.Blocked)
        {
            return (await Assert.ThrowsAsync<WorkflowFailedException>(() => handle.OutputAsync(Cancellation))).Message;
        }

        var refusal = Assert.Single((await handle.DescribeAsync(Cancellation)).Refusals);
        Assert.Equal("poisoned", refusal.Build);
        return Encoding.UTF8.GetString(refusal.Difference.Data.Span);
    }

    /// <summary>No session was swept whose process lived.</summary>
    private async Task NobodyWasBuriedAliveAsync(Supervisor workers)
    {
        var wrong = new List<string>();
        foreach (var handle in _neighbours.Concat(_poison.Select(poison => poison.Handle)))
        {
            wrong.AddRange(workers.FalseDeaths(await handle.DescribeAsync(Cancellation)));
        }

        Assert.Empty(wrong);
    }

    private static async Task<ExecutionRow> ReachesAsync(ExecutionHandle handle, ExecutionState state)
    {
        var row = await handle.StatusAsync(Cancellation);
        try
        {
            await Eventually.HoldsAsync(
                "State", async () => (row = await handle.StatusAsync(Cancellation)).State == state, Patience);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"{row.Workflow} is {row.State} instead of {state}: {row}");
        }

        return row;
    }

    private static Payload Json(string text) => Payload.Create(Encoding.UTF8.GetBytes(text));
}
