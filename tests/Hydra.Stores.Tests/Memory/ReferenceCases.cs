using Hydra.Storage;

namespace Hydra.Stores.Tests;

/// <summary>The reference is held to what its rows tell without any index, and the sequences to be good.</summary>
internal sealed class ReferenceCases(StoreHarness harness) : StoreTest(harness)
{
    private readonly SortedSet<string> _reached = [];

    [Case]
    public async Task Random_sequences_go_as_the_rows_tell() =>
        ModelRun.AssertNone(await ModelRun.FindAsync(Harness, Harness.ModelRuns * 2, OpenAloneAsync, scans: true));

    [Case]
    public async Task Random_sequences_come_across_everything()
    {
        await ModelRun.FindAsync(Harness, Harness.ModelRuns, OpenAloneAsync, scans: true);

        string[] expected =
        [
            "StartOperation Started", "StartOperation Existing", "StartOperation Conflict", "direct start",
            "AdvanceOperation Applied", "AdvanceOperation Fenced", "refused",
            "Finished Applied", "Suspended Applied", "Suspended Continue", "Retry Applied", "Released Applied",
            "Refused Applied", "Finished Fenced",
            "CancelOperation  Requested Running", "CancelOperation  Requested Sleeping",
            "CancelOperation  Requested Waiting", "CancelOperation  Requested Pending",
            "CancelOperation Ended", "CancelOperation AlreadyEnded", "CancelOperation Blocked",
            "TerminateOperation  Ended Cancelled", "TerminateOperation AlreadyEnded",
            "RetryOperation  Due Pending", "RetryOperation  Due Sleeping", "RetryOperation  NothingToRetry Running",
            "RetryOperation  NothingToRetry Sleeping", "RetryOperation  NothingToRetry Pending",
            "RetryOperation AlreadyEnded",
            "claim lost True", "claim more True", "claimed suspect True", "claimed Cancel",
            "maintained more True", "released True", "quarantined True", "timed out True", "unblocked True",
        ];
        Assert.Empty(expected.Except(_reached));
    }

    [Case(nameof(Planted.OldestFirst))]
    [Case(nameof(Planted.AcceptSuspect))]
    [Case(nameof(Planted.MailSeen))]
    [Case(nameof(Planted.Beats))]
    [Case(nameof(Planted.Tries))]
    public async Task A_planted_fault_is_found_and_made_short(string fault)
    {
        var planted = Enum.Parse<Planted>(fault);

        var found = await ModelRun.FindAsync(Harness, Harness.ModelRuns, () => OpenPlantedAsync(planted), scans: false);

        Assert.NotNull(found);
        var steps = found.Split('\n').Count(line => line.Contains(nameof(ModelCommand), StringComparison.Ordinal));
        Assert.InRange(steps, 1, 12);
    }

    private async Task<ModelSubject> OpenAloneAsync()
    {
        var fresh = Harness.CreateAnother();
        return new ModelSubject(fresh, [await fresh.OpenAsync()]) { Reached = _reached };
    }

    private async Task<ModelSubject> OpenPlantedAsync(Planted fault)
    {
        var fresh = Harness.CreateAnother();
        IWorkflowStore[] stores =
        [
            new PlantedStore(await fresh.OpenAsync(), fault), new InMemoryWorkflowStore("tests", fresh.Clock),
        ];
        return new ModelSubject(fresh, stores);
    }
}
