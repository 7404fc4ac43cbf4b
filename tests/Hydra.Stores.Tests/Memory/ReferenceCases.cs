using System.Globalization;

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
            "read find", "read ExecutionFilter", "read journal", "read tries", "read crashes", "read sessions",
            "read now", "read count", "read origin", "read descendants",
            "land Landed", "land Fenced", "land Barred", "bar True", "bar False",
            "deleted", "not deleted True", "change True writes", "change True removes", "change False writes",
            "change refused", "key added", "key destroyed True", "key destroyed False", "key replaced True",
            "key replaced False", "key listed", "key found True", "key found False",
        ];
        Assert.Empty(expected.Except(_reached));
    }

    [Case(nameof(Planted.OldestFirst))]
    [Case(nameof(Planted.AcceptSuspect))]
    [Case(nameof(Planted.MailSeen))]
    [Case(nameof(Planted.Beats))]
    [Case(nameof(Planted.Tries))]
    [Case(nameof(Planted.Fence))]
    [Case(nameof(Planted.Priority))]
    [Case(nameof(Planted.Timeouts))]
    [Case(nameof(Planted.Delays))]
    [Case(nameof(Planted.DirectStarts))]
    [Case(nameof(Planted.Delivered))]
    [Case(nameof(Planted.RetryDelay))]
    [Case(nameof(Planted.Refusals))]
    [Case(nameof(Planted.Cancellations))]
    [Case(nameof(Planted.DeadlineGrace))]
    [Case(nameof(Planted.SuspectDelay))]
    [Case(nameof(Planted.Quarantine))]
    [Case(nameof(Planted.Close))]
    [Case(nameof(Planted.NextDue))]
    [Case(nameof(Planted.More))]
    [Case(nameof(Planted.CachedThrough))]
    [Case(nameof(Planted.TornBatch))]
    [Case(nameof(Planted.ListState))]
    [Case(nameof(Planted.JournalPage))]
    [Case(nameof(Planted.TryPhases))]
    [Case(nameof(Planted.WaitsFor))]
    [Case(nameof(Planted.FailedEntries))]
    [Case(nameof(Planted.TrimmedKeys))]
    [Case(nameof(Planted.KeysWithoutCase))]
    [Case(nameof(Planted.Origins))]
    [Case(nameof(Planted.Prefixes))]
    [Case(nameof(Planted.Landings))]
    [Case(nameof(Planted.Bars))]
    [Case(nameof(Planted.DeletedEpoch))]
    [Case(nameof(Planted.Deletes))]
    [Case(nameof(Planted.StaleChanges))]
    [Case(nameof(Planted.ScheduledStarts))]
    [Case(nameof(Planted.DestroyedKeys))]
    public async Task A_planted_fault_is_found_and_made_short(string fault)
    {
        var planted = Enum.Parse<Planted>(fault);

        var found = await ModelRun.FindAsync(Harness, runs: 400, () => OpenPlantedAsync(planted), scans: false);

        Assert.NotNull(found);
        var steps = found.Split('\n').Count(line => line.Contains(nameof(ModelCommand), StringComparison.Ordinal));
        Assert.True(steps is >= 1 and <= 12, found);
    }

    [Case(nameof(Planted.BatchInPieces))]
    [Case(nameof(Planted.MailBeforeCommit))]
    [Case(nameof(Planted.ChangesMeet))]
    public async Task A_fault_that_only_shows_when_calls_meet_is_found_and_made_short(string fault)
    {
        var planted = Enum.Parse<Planted>(fault);

        var alone = await ModelRun.FindAsync(Harness, runs: 20, () => OpenPlantedAsync(planted), scans: false);
        var found = await ModelRun.FindUnexplainedAsync(
            Harness, runs: 200, () => OpenPlantedAsync(planted), TimeSpan.MaxValue); // However slow the machine is.

        Assert.Null(alone);
        Assert.NotNull(found);
        var calls = int.Parse(found.Split('\n')[1].Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.True(calls is >= 2 and <= 8, found);
    }

    [Case(nameof(Planted.ClaimsShared))]
    [Case(nameof(Planted.ClaimsLost))]
    [Case(nameof(Planted.Fence))]
    [Case(nameof(Planted.AcceptSuspect))]
    public async Task A_fault_that_shows_in_a_crowd_is_found(string fault)
    {
        var planted = Enum.Parse<Planted>(fault);

        var found = await ModelRun.FindInCrowdAsync(Harness, runs: 200, () => OpenPlantedAsync(planted));

        Assert.NotNull(found);
    }

    [Case(nameof(Planted.MailSeen), "Race.Suspension_and_cancellation(OtherFirst)")]
    [Case(nameof(Planted.Fence), "Race.Checkpoint_and_takeover(OtherFirst)")]
    [Case(nameof(Planted.Cancellations), "Race.Suspension_and_cancellation(OneHalts)")]
    [Case(nameof(Planted.Close), "Race.Claim_and_close(OneFirst)")]
    public async Task A_race_is_lost_by_a_store_with_a_fault(string fault, string race)
    {
        var planted = new PlantedHarness(Enum.Parse<Planted>(fault));

        Assert.Null(await StoreConformance.Named(race).RunAsync(Harness.CreateAnother(), Token));
        await Assert.ThrowsAnyAsync<Exception>(() => StoreConformance.Named(race).RunAsync(planted, Token));
    }

    private async Task<ModelSubject> OpenAloneAsync()
    {
        var fresh = Harness.CreateAnother();
        var landings = new Landings();
        var side = await ModelSide.OpenAsync(fresh, store => new LandingStore(store, landings));
        return new ModelSubject(fresh, [side]) { Reached = _reached };
    }

    private async Task<ModelSubject> OpenPlantedAsync(Planted fault)
    {
        var fresh = Harness.CreateAnother();
        var planted = new PlantedStore(new LandingStore(await fresh.OpenAsync(), new Landings()), fault);
        return new ModelSubject(fresh, [ModelSide.Of(planted), ModelSide.InMemory(fresh.Clock)]);
    }
}
