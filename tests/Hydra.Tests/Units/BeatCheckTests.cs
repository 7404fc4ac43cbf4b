using Hydra.Engine.Workers;
using Hydra.Storage;

namespace Hydra.Tests.Units;

/// <summary>What a beat says the session owns and nobody here runs: only two beats in a row count.</summary>
public class BeatCheckTests
{
    private static readonly OwnedExecution Owned = new(ExecutionId.Create(1, 1, 0), Epoch: 3, Mail: 0, Requests: 0);

    private readonly WorkerSession _session = new(new SessionId(1)) { Services = null! }; // Nothing is activated.
    private readonly BeatCheck _check;

    public BeatCheckTests() => _check = new BeatCheck(_session);

    [Fact]
    public void What_nobody_runs_is_an_orphan_at_the_second_beat()
    {
        Assert.Empty(Beat(Owned));
        Assert.Equal([Owned], Beat(Owned));
    }

    [Fact]
    public void A_beat_without_it_in_between_begins_anew()
    {
        Beat(Owned);
        Beat();

        Assert.Empty(Beat(Owned));
    }

    [Fact]
    public void Another_epoch_begins_anew()
    {
        Beat(Owned);

        Assert.Empty(Beat(Owned with { Epoch = 4 }));
    }

    /// <summary>A look at everything may be left out for minutes; two of those that were made count.</summary>
    [Theory]
    [InlineData(BeatLook.Nothing)]
    [InlineData(BeatLook.Running)]
    public void A_beat_that_has_not_looked_at_everything_counts_for_nothing(BeatLook look)
    {
        var partly = new HeartbeatAnswer(default, Lost: false, look == BeatLook.Running ? [Owned] : []) { Look = look };
        Assert.Empty(_check.Compare(partly, claimInFlight: false));
        Assert.Empty(Beat(Owned));
        Assert.Empty(_check.Compare(partly, claimInFlight: false));

        Assert.Equal([Owned], Beat(Owned));
    }

    [Fact]
    public void What_a_claim_or_a_start_may_still_bring_is_no_orphan()
    {
        Beat(Owned);
        Assert.Empty(_check.Compare(new HeartbeatAnswer(default, Lost: false, [Owned]), claimInFlight: true));
        _session.PendingStarts[Owned.Id] = true;
        Beat(Owned);
        Assert.Empty(Beat(Owned));
    }

    private List<OwnedExecution> Beat(params OwnedExecution[] owned)
    {
        _check.Begin();
        return _check.Compare(new HeartbeatAnswer(default, Lost: false, owned), claimInFlight: false);
    }
}
