using Hydra.Storage;
using Hydra.Tests.Support;

namespace Hydra.Tests.Hosting;

/// <content>The calls, and what they are made with.</content>
public sealed partial class CallerContextTests
{
    private static readonly DateTimeOffset Past = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Timetable Yearly = Timetable.Cron("0 0 1 1 *");

    private static readonly Dictionary<string, Action<Stage>> Calls = new()
    {
        ["ExecutionHandle.CancelAsync()"] = on => on.Gate.Block(() => on.Plain.CancelAsync()),
        ["ExecutionHandle.DescribeAsync()"] = on => on.Gate.Block(() => on.Plain.DescribeAsync()),
        ["ExecutionHandle.DryForkAsync(step, options)"] = on => on.Gate.Block(() => on.Plain.DryForkAsync("twice")),
        ["ExecutionHandle.ExistsAsync()"] = on => on.Gate.Block(() => on.Plain.ExistsAsync()),
        ["ExecutionHandle.ForkAsync(step, options)"] = on => on.Gate.Block(() => on.Plain.ForkAsync("twice")),
        ["ExecutionHandle.LineageAsync()"] = on => on.Gate.Block(() => on.Plain.LineageAsync()),
        ["ExecutionHandle.OriginAsync()"] = on => on.Gate.Block(() => on.Plain.OriginAsync()),
        ["ExecutionHandle.OutputAsync()"] = on => on.Gate.Block(() => on.Plain.OutputAsync()),
        ["ExecutionHandle.ReplayAsync(options)"] = on => on.Gate.Block(() => on.Plain.ReplayAsync()),
        ["ExecutionHandle.RerunAsync(key)"] = on => on.Gate.Block(() => on.Plain.RerunAsync("again")),
        ["ExecutionHandle.RetryAsync()"] = on => on.Gate.Block(() => on.Plain.RetryAsync()),
        ["ExecutionHandle.StatusAsync()"] = on => on.Gate.Block(() => on.Plain.StatusAsync()),
        ["ExecutionHandle.TerminateAsync(reason)"] = on => on.Gate.Block(() => on.Plain.TerminateAsync("over")),
        ["ExecutionHandle.WaitAsync()"] = on => on.Gate.Block(() => on.Plain.WaitAsync()),
        ["ExecutionHandle.WhyAsync()"] = on => on.Gate.Block(() => on.Plain.WhyAsync()),
        ["ExecutionHandle`1.ForkAsync(step, options)"] = on => on.Gate.Block(() => on.Ended.ForkAsync("twice")),
        ["ExecutionHandle`1.RerunAsync(key)"] = on => on.Gate.Block(() => on.Ended.RerunAsync()),
        ["ExecutionHandle`1.ResultAsync()"] = on => on.Gate.Block(() => on.Ended.ResultAsync()),
        ["HydraClientReplayExtensions.SelectAsync(client, filter)"] = on =>
            Assert.NotEmpty(on.Gate.BlockOnEach(on.Client.SelectAsync(OfEnded))),
        ["HydraEngine.DisposeAsync()"] = on => on.Gate.Block(() => on.Engine.DisposeAsync().AsTask()),
        ["HydraEngine.OpenAsync(configure)"] = on =>
            on.Keep(on.Gate.Block(() => HydraEngine.OpenAsync(on.Configure))),
        ["HydraReplay.RunAsync(history, configure, options)"] = on => on.Gate.Block(() => HydraReplay.RunAsync(
            on.History, hydra => hydra.AddWorkflow<string, string>(
                "test", (context, text) => Stage.TwiceAsync(context, text, on.Gate)))),
        ["HydraReplay.RunAsync(history, create, options)"] = on => on.Gate.Block(() => HydraReplay.RunAsync(
            on.History, () => new Twice(on))),
        ["HydraReplay.RunAsync(history, options)"] = on => on.Gate.Block(() => HydraReplay.RunAsync<Twice>(on.History)),
        ["IHydraClient.ListAsync(filter)"] = on => on.Gate.Block(() => on.Client.ListAsync()),
        ["IHydraClient.PruneAsync(options)"] = on => on.Gate.Block(
            () => on.Client.PruneAsync(new() { OlderThan = TimeSpan.FromDays(1), Archive = on.Archive })),
        ["IHydraClient.ReplayAsync(filter, options)"] = on =>
            Assert.NotEmpty(on.Gate.BlockOnEach(on.Client.ReplayAsync(OfEnded))),
        ["IHydraClient.ShredAsync(subject)"] = on => on.Gate.Block(() => on.Client.ShredAsync("ada")),
        ["IHydraClient.StartAsync(workflow, input, options)"] = on => on.Gate.Block(
            () => on.Client.StartAsync("test", Payload.Create("\"1\""u8), new() { Subject = "bob" })),
        ["IHydraClient.StatisticsAsync(limit)"] = on => on.Gate.Block(() => on.Client.StatisticsAsync()),
        ["IHydraClient.TraceAsync(query)"] = on => on.Gate.Block(() => on.Client.TraceAsync(new() { Value = "\"1\"" })),
        ["IHydraClient.WorkersAsync()"] = on => on.Gate.Block(() => on.Client.WorkersAsync()),
        ["IScheduleClient.BackfillAsync(name, from, to, atOnce)"] = on => on.Gate.Block(
            () => on.Client.Schedules.BackfillAsync("yearly", Past, Past.AddDays(1))),
        ["IScheduleClient.CancelBackfillsAsync(name)"] = on => on.Gate.Block(
            () => on.Client.Schedules.CancelBackfillsAsync("yearly")),
        ["IScheduleClient.CancelWaitingAsync(name)"] = on => on.Gate.Block(
            () => on.Client.Schedules.CancelWaitingAsync("yearly")),
        ["IScheduleClient.CreateAsync(schedule)"] = on => on.Gate.Block(
            () => on.Client.Schedules.CreateAsync(new("other", "test", Yearly))),
        ["IScheduleClient.DeleteAsync(name)"] = on => on.Gate.Block(() => on.Client.Schedules.DeleteAsync("yearly")),
        ["IScheduleClient.DescribeAsync(name)"] = on => on.Gate.Block(
            () => on.Client.Schedules.DescribeAsync("yearly")),
        ["IScheduleClient.ListAsync(afterName, limit)"] = on => on.Gate.Block(() => on.Client.Schedules.ListAsync()),
        ["IScheduleClient.PauseAsync(name, note)"] = on => on.Gate.Block(
            () => on.Client.Schedules.PauseAsync("yearly")),
        ["IScheduleClient.PreviewAsync(name, count, after)"] = on => on.Gate.Block(
            () => on.Client.Schedules.PreviewAsync("yearly")),
        ["IScheduleClient.PutAsync(schedule)"] = on => on.Gate.Block(
            () => on.Client.Schedules.PutAsync(new("other", "test", Yearly))),
        ["IScheduleClient.ResumeAsync(name, note)"] = on => on.Gate.Block(
            () => on.Client.Schedules.ResumeAsync("yearly")),
        ["IScheduleClient.TriggerAsync(name, overlap)"] = on => on.Gate.Block(
            () => on.Client.Schedules.TriggerAsync("yearly")),
        ["IScheduleClient.UpdateAsync(name, change)"] = on => on.Gate.Block(
            () => on.Client.Schedules.UpdateAsync("yearly", static schedule => schedule)),
        ["JsonLinesArchive.AppendAsync(execution)"] = on => on.Gate.Block(
            () => on.Archive.AppendAsync(HistoryJson.Parse(on.History), Token)),
        ["JsonLinesArchive.DisposeAsync()"] = on =>
        {
            on.Gate.Block(() => on.Archive.AppendAsync(HistoryJson.Parse(on.History), Token));
            on.Gate.Block(() => on.Archive.DisposeAsync().AsTask());
        },
        ["JsonLinesArchive.FlushAsync()"] = on =>
        {
            on.Gate.Block(() => on.Archive.AppendAsync(HistoryJson.Parse(on.History), Token));
            on.Gate.Block(() => on.Archive.FlushAsync(Token));
        },
        ["ScheduleClientExtensions.CreateCronJobAsync(client, expression, name, workflow, input, timeZone)"] = on =>
            on.Gate.Block(() => on.Client.CreateCronJobAsync("0 0 1 1 *", "other", "test")),
        ["ScheduleClientExtensions.ScheduleAsync(workflow, name, cron, input, timeZone, options)"] = on =>
            on.Gate.Block(() => on.Workflow.ScheduleAsync("other", "0 0 1 1 *", "1")),
        ["ScheduleClientExtensions.ScheduleAsync(workflow, name, timetable, input, options)"] = on =>
            on.Gate.Block(() => on.Workflow.ScheduleAsync("other", Yearly, "1")),
        ["SubjectClientExtensions.IsShreddedAsync(client, subject)"] = on =>
            on.Gate.Block(() => on.Client.IsShreddedAsync("ada")),
        ["SubjectClientExtensions.RewrapSubjectKeysAsync(client)"] = on =>
            on.Gate.Block(() => on.Client.RewrapSubjectKeysAsync()),
        ["WorkflowClientExtensions.StartAllAsync(workflow, inputs, options)"] = on =>
            on.Gate.Block(() => on.Workflow.StartAllAsync(["1", "2"])),
        ["WorkflowClientExtensions.StartAsync(workflow, input, options)"] = on =>
            on.Gate.Block(() => on.Workflow.StartAsync("1")),
    };

    private static ReplayFilter OfEnded => new() { State = ExecutionState.Completed };

    /// <summary>The workflow, whose code waits for the gate where it is given one.</summary>
    private sealed class Twice(Stage? on = null) : IWorkflow<string, string>
    {
        public Task<string> RunAsync(WorkflowContext context, string input) =>
            Stage.TwiceAsync(context, input, on?.Gate);
    }

    /// <summary>An engine over a store whose answers come later, an execution that has ended, and a schedule.</summary>
    private sealed class Stage : IAsyncDisposable
    {
        private readonly InMemoryDatabase _database = new(TimeProvider.System);
        private readonly KeyRing _keys = new(EncryptionKey.Generate("k1"));
        private readonly string _file = Path.Combine(Path.GetTempPath(), $"hydra-archive-{Guid.NewGuid():N}.jsonl");
        private readonly List<IAsyncDisposable> _kept = [];

        private Stage() => Archive = new JsonLinesArchive(_file);

        public AnswerGate Gate { get; } = new();

        public HydraEngine Engine { get; private set; } = null!;

        public IHydraClient Client => Engine.Client;

        public IWorkflowClient<IWorkflow<string, string>> Workflow => Client.Workflow<string, string>("test");

        public ExecutionHandle<string> Ended { get; private set; } = null!;

        public ExecutionHandle Plain => Client.Execution(Ended.Id);

        /// <summary>Of the one that has ended: longer than a file's buffer.</summary>
        public string History { get; private set; } = "";

        public JsonLinesArchive Archive { get; }

        public static async Task<Stage> OpenAsync()
        {
            var stage = new Stage();
            stage.Engine = await HydraEngine.OpenAsync(stage.Configure, Token);
            stage.Keep(stage.Engine);
            stage.Ended = await stage.Workflow.StartAsync(new string('1', 100_000), new() { Subject = "ada" }, Token);
            await stage.Ended.WaitAsync(Token);
            stage.History = HistoryJson.Format(await stage.Ended.DescribeAsync(Token));
            await stage.Client.Schedules.CreateAsync(new("yearly", "test", Yearly), Token);
            return stage;
        }

        public void Configure(HydraBuilder hydra)
        {
            hydra.UseStore(setup => LaterCalls.Of<IWorkflowStore>(
                new InMemoryWorkflowStore(_database, setup.Namespace), Gate));
            hydra.Payloads.Encrypt(_keys);
            hydra.AddWorkflow<string, string>("test", (context, text) => TwiceAsync(context, text));
            hydra.AddWorker();
        }

        public void Keep(IAsyncDisposable one) => _kept.Add(one);

        public static async Task<string> TwiceAsync(WorkflowContext context, string text, AnswerGate? gate = null)
        {
            gate?.PassAsync().GetAwaiter().GetResult();
            return await context.StepAsync("twice", text, static (value, _) => Task.FromResult(value + value));
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var one in _kept)
            {
                await one.DisposeAsync();
            }

            await Archive.DisposeAsync();
            File.Delete(_file);
        }
    }
}
