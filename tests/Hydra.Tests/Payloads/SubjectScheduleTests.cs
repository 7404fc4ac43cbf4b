using Hydra.Engine.Observing;
using Hydra.Testing;
using Hydra.Tests.Support;

namespace Hydra.Tests.Payloads;

/// <summary>Schedules of subjects whose keys cannot be had: they alone stand still.</summary>
public class SubjectScheduleTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(5);
    private static readonly KeyRing Ring = new(EncryptionKey.Generate("k1"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_declared_one_whose_subject_was_shredded_stops_no_engine_and_says_so()
    {
        await using var world = new World();
        var client = await OpenAsync(("s", "* * * * *", "ada"), ("kept", "* * * * *", "ada"));
        await world.PassAsync(Minute + Moment);
        await world.Until(client.ShredAsync("ada", Token));
        await client.Schedules.DeleteAsync("s", Token);
        await world.CloseAsync();

        client = await OpenAsync(("s", "* * * * *", "ada"), ("kept", "*/2 * * * *", "ada"), ("z", "* * * * *", null));
        await world.PassAsync((3 * Minute) + Moment);
        var passedOver = await ListAsync();
        var told = await FindingAsync();
        await world.CloseAsync();

        // Whoever declares them for nobody has them again, though instants have come meanwhile for the subject.
        client = await OpenAsync(("s", "* * * * *", null), ("kept", "* * * * *", null));
        await world.PassAsync((2 * Minute) + Moment);

        Assert.Equal([("kept", "* * * * *", 1), ("z", "* * * * *", 3)], passedOver.Select(Tell));
        Assert.Contains("for this subject", passedOver[0].Problem, StringComparison.Ordinal);
        Assert.Null(passedOver[1].Problem);
        Assert.True(told.IsGood);
        Assert.EndsWith("shredded, so that they start nothing: s, kept.", told.Detail, StringComparison.Ordinal);
        Assert.Contains("Schedule s is declared, but the key of", world.Log.ToString(), StringComparison.Ordinal);
        var mended = await ListAsync();
        Assert.Equal([("kept", "* * * * *", 3), ("s", "* * * * *", 2), ("z", "* * * * *", 5)], mended.Select(Tell));
        Assert.All(mended, static one => Assert.Null(one.Problem));
        Assert.Null((await FindingAsync()).Detail);

        Task<IHydraClient> OpenAsync(params (string Name, string Cron, string? Subject)[] declared) =>
            world.OpenAsync(hydra =>
            {
                hydra.Payloads.Encrypt(Ring);
                var workflow = hydra.AddWorkflow("test", static (WorkflowContext _, string word) =>
                    Task.FromResult(word));
                foreach (var (name, cron, subject) in declared)
                {
                    workflow.Schedule(name, cron, "word", options: new() { Start = new() { Subject = subject } });
                }
            });

        Task<IReadOnlyList<ScheduleDetails>> ListAsync() => client.Schedules.ListAsync(cancellationToken: Token);

        async Task<HealthFinding> FindingAsync() =>
            Assert.Single(await world.ReadyAsync(), static one => one.Check == "schedules");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_declared_one_whose_key_cannot_be_had_is_written_once_it_can_be(bool refuses)
    {
        await using var world = new World();
        var keys = new SlowKeys(world)
        {
            Answer = refuses ? TimeSpan.Zero : Timeout.InfiniteTimeSpan,
            Refuses = refuses,
        };
        var opening = world.OpenAsync(hydra =>
        {
            hydra.Payloads.Encrypt(Ring).SubjectKeys(keys);
            var workflow = hydra.AddWorkflow("test", static (WorkflowContext _, string word) => Task.FromResult(word));
            foreach (var subject in new[] { "ada", "bob", null })
            {
                workflow.Schedule(
                    subject ?? "nobody", "* * * * *", "word", options: new() { Start = new() { Subject = subject } });
            }
        });
        var client = await world.Until(opening);
        await world.PassAsync(Minute);
        var awaited = await client.Schedules.ListAsync(cancellationToken: Token);
        var told = Assert.Single(await world.ReadyAsync(), static one => one.Check == "schedules");
        (keys.Answer, keys.Refuses) = (TimeSpan.Zero, false);
        await world.PassAsync(2 * Minute);

        Assert.Equal("nobody", Assert.Single(awaited).Schedule.Name);
        Assert.True(told.IsGood);
        Assert.EndsWith("keys of their subjects can be read: ada, bob.", told.Detail, StringComparison.Ordinal);
        Assert.All(
            await client.Schedules.ListAsync(cancellationToken: Token),
            static one => Assert.InRange(one.Started, one.Schedule.Name == "nobody" ? 3 : 1, 3));
        Assert.Equal(3, (await client.Schedules.ListAsync(cancellationToken: Token)).Count);
        Assert.Null(Assert.Single(await world.ReadyAsync(), static one => one.Check == "schedules").Detail);
    }

    [Fact]
    public async Task Those_of_subjects_are_fired_though_another_fails_in_the_same_round()
    {
        await using var world = new World();
        var failures = 3;
        var client = await world.OpenAsync(hydra =>
        {
            hydra.Payloads.Encrypt(Ring);
            hydra.AddWorkflow("test", static (WorkflowContext _, Nothing _) => Task.FromResult(1));
            hydra.UseStore(setup => new FaultyStore(
                world.Counted(new InMemoryWorkflowStore(world.Database, setup.Namespace)),
                call => call.Kind == StoreCallKind.ApplySchedule && world.Elapsed >= Minute && failures-- > 0
                    ? StoreFault.For(call.Kind)[0] : null));
        });
        foreach (var name in Enumerable.Range(0, 8).Select(static i => $"s{i}"))
        {
            await world.Until(client.Schedules.PutAsync(
                new(name, "test", Timetable.Cron("* * * * *"))
                {
                    Options = new() { Start = new() { Subject = name is "s0" or "s1" or "s2" ? null : name } },
                },
                Token));
        }

        await world.PassAsync((3 * Minute) + (2 * Moment));

        Assert.True(failures <= 0);
        Assert.All(
            await client.Schedules.ListAsync(cancellationToken: Token), static one => Assert.Equal(3, one.Started));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Those_without_input_whose_keys_cannot_be_read_hold_up_no_others(bool foreign)
    {
        await using var world = new World();
        var away = true;
        var client = await world.OpenAsync(hydra =>
        {
            hydra.Payloads.Encrypt(Ring);
            hydra.AddWorkflow("test", static (WorkflowContext _, Nothing _) => Task.FromResult(1));
            hydra.UseStore(setup => new FaultyStore(
                world.Counted(new InMemoryWorkflowStore(world.Database, setup.Namespace)),
                call => !away || call.Kind != StoreCallKind.ReadSubjectKeys ? null
                    : foreign ? StoreFault.ForeignBeforeCall : StoreFault.For(call.Kind)[0]));
        });
        string[] names = [.. Enumerable.Range(1, 20).Select(static i => $"ada-{i}"), "nobody"];
        foreach (var name in names)
        {
            await world.Until(client.Schedules.PutAsync(
                new(name, "test", Timetable.Cron("* * * * *"))
                {
                    Options = new() { Start = new() { Subject = name == "nobody" ? null : name } },
                },
                Token));
        }

        await world.PassAsync(Minute + TimeSpan.FromSeconds(2));
        var first = await StartedAsync();
        await world.PassAsync(Minute);
        var second = await StartedAsync();
        away = false;
        await world.PassAsync(TimeSpan.FromSeconds(3));
        var last = await StartedAsync();

        Assert.Equal([.. Enumerable.Repeat(0L, 20), 1], first);
        Assert.Equal([.. Enumerable.Repeat(0L, 20), 2], second);
        Assert.All(last, static started => Assert.InRange(started, 1, 2));

        async Task<List<long>> StartedAsync() =>
        [
            .. (await client.Schedules.ListAsync(cancellationToken: Token)).Select(static one => one.Started),
        ];
    }

    private static (string Name, string? Cron, long Started) Tell(ScheduleDetails one) =>
        (one.Schedule.Name, one.Schedule.Timetable.Expression, one.Started);
}
