using System.Text;
using Hydra.Engine;
using Hydra.Testing;
using Hydra.Tests.Support;

namespace Hydra.Tests.Payloads;

/// <summary>A life with a subject, once for every call about its key and every way in which that can fail.</summary>
public class SubjectFaultTests
{
    private const string Canary = "canary-4711";

    private static readonly KeyRing Ring = new(EncryptionKey.Generate("k1"));

    public static TheoryData<StoreCallKind, string> Faults
    {
        get
        {
            var data = new TheoryData<StoreCallKind, string>();
            foreach (var kind in new[] { StoreCallKind.ReadSubjectKeys, StoreCallKind.WriteSubjectKeys })
            {
                StoreFault.For(kind).ToList().ForEach(fault => data.Add(kind, fault.ToString()));
            }

            return data;
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task An_execution_with_a_subject_survives_a_fault_in_any_call_about_its_key(
        StoreCallKind kind, string name)
    {
        var fault = StoreFault.For(kind).Single(one => one.ToString() == name);

        var number = 0;
        for (var reached = true; reached && number < 40;)
        {
            reached = await PlayAsync(new StoreCall(kind, ++number), fault);
        }

        Assert.InRange(number, 3, 39); // At least two calls, which all failed once.
    }

    [Fact]
    public async Task While_keys_cannot_be_read_whatever_has_no_subject_goes_on()
    {
        await using var world = new World();
        var away = false;
        var client = await OpenAsync();
        var workflow = client.Workflow<string, string>("test");
        var ada = (await world.Until(workflow.StartAsync(Canary, new() { Subject = "ada" }, Token))).Id;
        var others = new List<ExecutionId>();
        for (var i = 0; i < 5; i++)
        {
            others.Add((await world.Until(workflow.StartAsync($"{i}", cancellationToken: Token))).Id);
        }

        foreach (var subject in new[] { "ada", null })
        {
            var name = subject ?? "nobody";
            await world.Until(client.Schedules.PutAsync(new(name, "test", Timetable.Cron("* * * * *"))
            {
                Input = Payload.Create("\"a\""u8),
                Options = new() { Start = new() { Subject = subject }, Overlap = OverlapPolicy.Allow },
            }, Token));
        }

        await world.PassAsync(TimeSpan.FromSeconds(10));
        await world.CloseAsync();
        away = true; // For longer than any key is taken to be there.
        client = await OpenAsync();
        await world.PassAsync(TimeSpan.FromMinutes(3));
        var waiting = await StatesAsync([ada]);
        var gone = await StatesAsync(others);
        var started = (await client.Schedules.DescribeAsync("nobody", Token)).Started;
        away = false;
        await world.PassAsync(TimeSpan.FromMinutes(3));

        Assert.NotEqual(ExecutionState.Completed, Assert.Single(waiting));
        Assert.All(gone, state => Assert.Equal(ExecutionState.Completed, state));
        Assert.Equal(3, started);
        Assert.Equal(ExecutionState.Completed, Assert.Single(await StatesAsync([ada])));
        Assert.InRange((await client.Schedules.DescribeAsync("ada", Token)).Started, 3, 6);
        Assert.Contains("keys of subjects", world.Log.ToString(), StringComparison.Ordinal);

        Task<IHydraClient> OpenAsync() => world.OpenAsync<string, string>(Sleeps, configure: hydra =>
        {
            hydra.Payloads.Encrypt(Ring);
            hydra.UseStore(setup => new FaultyStore(
                world.Counted(new InMemoryWorkflowStore(world.Database, setup.Namespace)),
                call => away && call.Kind == StoreCallKind.ReadSubjectKeys ? StoreFault.For(call.Kind)[0] : null));
        });

        async Task<List<ExecutionState>> StatesAsync(IEnumerable<ExecutionId> ids)
        {
            var store = new InMemoryWorkflowStore(world.Database, client.Namespace);
            var states = new List<ExecutionState>();
            foreach (var id in ids)
            {
                states.Add((await store.Queries.FindAsync(id, Token))!.State);
            }

            return states;
        }
    }

    [Fact]
    public async Task A_key_that_cannot_be_read_keeps_an_end_from_its_own_waiter_alone()
    {
        await using var world = new World();
        var client = await world.OpenAsync<string, string>(
            Sleeps, configure: static hydra => hydra.Payloads.Encrypt(Ring));
        var workflow = client.Workflow<string, string>("test");
        var ada = await world.Until(workflow.StartAsync(Canary, new() { Subject = "ada" }, Token));
        var bob = await world.Until(workflow.StartAsync("b", new() { Subject = "bob" }, Token));
        var nobody = await world.Until(workflow.StartAsync("n", cancellationToken: Token));
        await world.PassAsync(TimeSpan.FromMinutes(2));
        await world.CloseAsync();
        var away = true;
        await using var stored = new InMemoryWorkflowStore(world.Database, client.Namespace);
        await using var faulty = new FaultyStore(
            stored,
            call => away && call.Kind == StoreCallKind.ReadSubjectKeys ? StoreFault.For(call.Kind)[0] : null);
        var keys = new SubjectKeys(client.Namespace, Ring, faulty.SubjectKeys!, world.Clock);
        await using var store = new DecodingStore(
            faulty, new RowCodec(new PayloadCodec(client.Namespace, Ring, compressedFrom: null, 1_000, keys)));

        var without = await EndsAsync();
        await Assert.ThrowsAsync<StoreException>(() => store.Queries.ReadJournalAsync(ada.Id, -1, 10, Token));
        away = false;
        await store.Queries.ReadJournalAsync(ada.Id, -1, 10, Token); // Whoever waits for it looks for its key.
        var with = await EndsAsync();

        Assert.Equal([null, null, "\"n\""], without);
        Assert.Equal([$"\"{Canary}\"", null, "\"n\""], with);

        async Task<List<string?>> EndsAsync()
        {
            ExecutionId[] ids = [ada.Id, bob.Id, nobody.Id];
            var ends = await store.Queries.FindEndsAsync(ids, 65_536, Token);
            Assert.All(ends, static end => Assert.Equal(ExecutionState.Completed, end.State));
            return [.. ids.Select(id => ends.Single(end => end.Id == id).Last is { } last
                ? Encoding.UTF8.GetString(last.Output.Data.Span)
                : null)];
        }
    }

    /// <summary>Starts, completes, reads and shreds where one call fails; false when there was no such call.</summary>
    private static async Task<bool> PlayAsync(StoreCall failing, StoreFault fault)
    {
        await using var world = new World();
        var reached = false;
        var client = await world.OpenAsync<string, string>(Sleeps, configure: hydra =>
        {
            hydra.Payloads.Encrypt(Ring);
            hydra.UseStore(setup => new FaultyStore(
                world.Counted(new InMemoryWorkflowStore(world.Database, setup.Namespace)),
                call => call == failing && !reached && (reached = true) ? fault : null));
        });

        var handle = await RepeatAsync(() => world.Until(client.Workflow<string, string>("test").StartAsync(
            Canary, new StartOptions { Subject = "ada" }, Token)));
        await world.PassAsync(TimeSpan.FromMinutes(2)); // Whatever was in memory is looked up again meanwhile.
        Assert.Equal(Canary, await RepeatAsync(() => world.Until(handle.ResultAsync(Token))));
        await RepeatAsync(() => world.Until(client.ShredAsync("ada", Token)));
        var refused = await Assert.ThrowsAsync<PayloadException>(
            () => RepeatAsync(() => world.Until(handle.ResultAsync(Token))));

        Assert.True(refused.IsShredded);
        await world.CloseAsync();
        return reached;
    }

    private static async Task<string> Sleeps(WorkflowContext context, string input)
    {
        await context.SleepAsync(TimeSpan.FromMinutes(1));
        return await context.StepAsync("echo", input, (value, _) => Task.FromResult(value));
    }

    /// <summary>Makes a call whose caller may be told of the fault, and then once more.</summary>
    private static async Task<T> RepeatAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (StoreException exception) when (exception.Message.StartsWith("Injected", StringComparison.Ordinal))
        {
            return await call();
        }
    }
}
