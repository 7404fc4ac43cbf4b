using Hydra.Bench;

return await new BenchCommandLine().RunAsync(args);
