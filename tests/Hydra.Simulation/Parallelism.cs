// The worlds use all processors by themselves; tests beside them would only disturb the figures.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
