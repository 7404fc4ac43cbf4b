using DataPipeline;
using Hydra;
using Samples;

const string About = """
    Two nightly runs of a pipeline over six sources: one is published though a source is down, the other has too little
    to be published. Stop it or kill it at any time and run it again.
    """;

return await Sample.RunAsync(
    args,
    About,
    database: "data-pipeline.db",
    (hydra, world) => hydra.AddWorkflow(
        _ => new CollectSales(new Shops(world), new Reports(world)), options: CollectSales.Options),
    async (client, cancellation) =>
    {
        string[] shops = ["london", "paris", "oslo", "rome", "cairo", "lima"];
        Night[] nights = [new("monday", shops), new("tuesday", shops)];

        // The night as the key makes the start idempotent: run again, this gives the executions of the first time.
        var executions = await client.Workflow<CollectSales>().StartAllAsync(
            nights, night => new() { Key = night.Name }, cancellation);
        await Story.TellAsync(
            nights.Zip(executions, (night, execution) => (night.Name, (ExecutionHandle)execution)), cancellation);

        foreach (var (night, execution) in nights.Zip(executions))
        {
            try
            {
                Console.WriteLine($"{night.Name}: {await execution.ResultAsync(cancellation)}");
            }
            catch (WorkflowFailedException e)
            {
                Console.WriteLine($"{night.Name}: {e.Message}");
            }
        }
    });
